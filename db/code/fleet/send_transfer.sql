-- Queue a command that makes charge points move a file, with the arguments all such have.
--
-- Called by: api.update_firmware, api.signed_update_firmware, api.get_diagnostics, api.get_log.
-- Writes:    what fleet.send_commands writes.
-- Errors:    those of fleet.send_commands; PT400 retries_invalid.
create or replace function fleet.send_transfer(
    p_action text,
    p_payload jsonb,
    p_retries integer,
    p_retry_interval_s integer,
    p_charge_point text,
    p_charge_point_group text,
    p_keep boolean,
    p_expires_in_s integer
)
returns setof api.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_retries not between 0 and 100 or p_retry_interval_s not between 0 and 86400 then
        raise exception using
            errcode = 'PT400',
            message = 'a transfer is tried again at most 100 times, at most a day apart',
            detail = '{"error":"retries_invalid"}',
            hint = 'Leave retries and retry_interval_s out for what the charger does by itself.';
    end if;
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.send_commands(
            p_action,
            jsonb_strip_nulls(
                p_payload
                || jsonb_build_object('retries', p_retries, 'retryInterval', p_retry_interval_s)
            ),
            p_charge_point,
            p_charge_point_group,
            p_keep,
            p_expires_in_s
        ) as q
    )) as v;
end;
$$;
revoke all on function fleet.send_transfer(
    text, jsonb, integer, integer, text, text, boolean, integer
) from public;
comment on function fleet.send_transfer(
    text, jsonb, integer, integer, text, text, boolean, integer
) is
    'Queue a command that makes charge points move a file.';
