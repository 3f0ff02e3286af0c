-- Ask for a list as a file; the jobs runner writes it (jobs.take_export).
--
-- list:    transactions, transaction_lines (of those; both by the end of charging),
--          charging_sessions (by their start) or meter_values (by their time).
-- The file has the rows of the tenant of whoever asks: staff with the permission may read them
-- all, and a platform admin gets those of the tenant that their token names.
-- Writes:  core.exports.
-- Errors:  PT403 permission_missing, PT400 export_invalid, PT429 exports_too_many.
-- Definer: exports are written by functions only.
create or replace function api.create_export(
    list text,
    "from" timestamptz,
    "to" timestamptz,
    format text default 'csv'
)
returns setof api.exports
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_days constant integer := access.get_setting('exports.max_days')::integer;
    v_max_waiting constant integer := access.get_setting('exports.max_waiting')::integer;
    v_path text;
    v_reason text;
    v_id bigint;
begin
    perform access.require_permission('exports.write');
    v_path := case
        when
            create_export.list is null
            or create_export.list not in (
                'transactions', 'transaction_lines', 'charging_sessions', 'meter_values'
            )
            then 'list'
        when create_export.format is distinct from 'csv' then 'format'
        when create_export."from" is null or not isfinite(create_export."from") then 'from'
        when create_export."to" is null or not isfinite(create_export."to") then 'to'
        when create_export."to" <= create_export."from" then 'to'
        when create_export."to" - make_interval(days => v_max_days) > create_export."from" then 'to'
    end;
    if v_path is not null then
        v_reason := case v_path
            when 'list' then
                'one of transactions, transaction_lines, charging_sessions, meter_values'
            when 'format' then 'csv'
            when 'from' then 'a moment'
            else format('a moment after from, and at most %s days after it', v_max_days)
        end;
        raise exception using
            errcode = 'PT400',
            message = format('%s has to be %s', v_path, v_reason),
            detail = json_build_object(
                'error', 'export_invalid', 'path', v_path, 'reason', v_reason
            )::text,
            hint = 'Moments are ISO 8601 with a zone: 2026-10-01T00:00:00Z.';
    end if;

    -- Two who ask at once are counted one after the other.
    perform pg_advisory_xact_lock(hashtextextended('exports:' || claims.tenant_id(), 0));
    if v_max_waiting <= (
        select count(*)
        from core.exports as e
        where e.tenant_id = claims.tenant_id() and e.state in ('waiting', 'running')
    ) then
        raise exception using
            errcode = 'PT429',
            message = format('%s exports of your tenant are waiting already', v_max_waiting),
            detail = '{"error":"exports_too_many"}',
            hint = 'Wait until one of them is ready.';
    end if;
    insert into core.exports (tenant_id, list, from_at, to_at, format, requested_by)
    values (
        claims.tenant_id(), create_export.list, create_export."from", create_export."to",
        create_export.format, claims.user_id()
    )
    returning id into v_id;
    return query
    select e.* from api.exports as e where e.tenant_id = claims.tenant_id() and e.id = v_id;
end;
$$;
revoke all on function api.create_export(text, timestamptz, timestamptz, text) from public;
grant execute on function api.create_export(text, timestamptz, timestamptz, text)
to staff, platform;
comment on function api.create_export(text, timestamptz, timestamptz, text) is
    E'Ask for a list as a file, of any length.\n'
    'list is transactions or transaction_lines (those that ended within the range), '
    'charging_sessions (that started within it) or meter_values (measured within it); from is '
    'the first moment, to the end, no longer within it; format is csv. Answers the export: read '
    'exports until its state is ready, then call create_export_link. The rows are those of your '
    'tenant. Needs the permission exports.write.';
