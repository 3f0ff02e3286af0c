-- The natural key of a start or of an orphaned stop: the same event, sent again, has the same.
--
-- Called by: ocpp16.start_transaction, ocpp16.stop_transaction.
-- p_id is the connector of a start or the transaction id of a stop. Times are compared as moments
-- (a retry may write another offset or fraction) and tokens without case. With p_boot_number the
-- time cannot be true: it stands as sent, followed by the number of the boot (rule R3).
create or replace function ocpp.make_event_key(
    p_id text,
    p_id_token text,
    p_reported_at text,
    p_register text,
    p_boot_number bigint
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_at constant timestamptz := ocpp.parse_timestamp(p_reported_at);
    v_key text;
begin
    v_key := concat_ws(
        '|',
        coalesce(p_id, ''),
        coalesce(lower(p_id_token), ''),
        case
            when p_boot_number is null
                then to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            else coalesce(p_reported_at, '') || '|boot ' || p_boot_number
        end,
        coalesce(trim_scale(ocpp.parse_numeric(p_register))::text, p_register, '')
    );
    -- An index entry has at most a third of a page.
    if length(v_key) > 500 then
        return 'sha256 ' || encode(sha256(convert_to(v_key, 'UTF8')), 'hex');
    end if;
    return v_key;
end;
$$;
revoke all on function ocpp.make_event_key(text, text, text, text, bigint) from public;
comment on function ocpp.make_event_key(text, text, text, text, bigint) is
    'The natural key of a start or of an orphaned stop.';
