-- Begin the billing run of a month, or go on with it.
--
-- Writes:  what billing.open_run writes; jobs.run_billing bills the accounts.
-- Errors:  PT400 month_invalid, PT403 permission_missing, PT409 month_not_over.
-- Definer: these tables are written by functions only.
create or replace function api.start_billing_run(period text)
returns setof api.billing_runs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := access.get_target_tenant(null);
    v_from constant date := billing.parse_period(period);
    v_run_id bigint;
begin
    perform access.require_permission('billing.write');
    if
        exists (
            select
            from core.legal_entities as e
            where
                e.tenant_id = v_tenant_id
                and (now() at time zone e.time_zone)::date < v_from + interval '1 month'
        )
    then
        raise exception using
            errcode = 'PT409',
            message = format('the month %s is not over', period),
            detail = '{"error":"month_not_over"}',
            hint = 'It ends in the time zone of each of your legal entities; preview_billing_run '
            'says what it would bill so far.';
    end if;
    v_run_id := billing.open_run(v_tenant_id, v_from, null);
    return query
    select r.*
    from api.billing_runs as r
    where r.tenant_id = v_tenant_id and r.id = v_run_id;
end;
$$;
revoke all on function api.start_billing_run(text) from public;
grant execute on function api.start_billing_run(text) to staff, platform;
comment on function api.start_billing_run(text) is
    E'Begin the billing run of a month that is over, like 2026-03.\n'
    'Drafts of invoices come in the background: ask billing_runs how far it is. Begun again it is '
    'the same run, which looks anew at accounts without an invoice for which something waits. '
    'Needs the permission billing.write.';
