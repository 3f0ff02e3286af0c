-- Ask for the check of VAT ids by the tax authorities' register: of new ones, and of valid ones
-- that were checked so long ago (billing.vat_check_days).
--
-- Once a day and VAT id at most, and never while a question is on its way. Ids of countries
-- outside the register stay unchecked.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.outbox (kind vat_check).
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.check_vat_ids()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := 500;
    v_stale_at constant timestamptz := now() - make_interval(
        days => access.get_setting('billing.vat_check_days')::integer
    );
    v_count integer;
begin
    with asked as (
        select
            c.tenant_id,
            c.id,
            c.vat_id,
            format('vat_check:%s:%s', c.tenant_id, c.id) as subject
        from core.customers as c
        where
            c.vat_id_state in ('unchecked', 'valid')
            and (c.vat_id_checked_at is null or c.vat_id_checked_at < v_stale_at)
            and left(c.vat_id, 2) = any (array[
                'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EL', 'ES', 'FI', 'FR', 'HR', 'HU',
                'IE', 'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK', 'XI'
            ])
            and not exists (
                select
                from ops.outbox as o
                where
                    o.ordering_key = format('vat_check:%s:%s', c.tenant_id, c.id)
                    and o.state in ('waiting', 'running', 'asking', 'unknown')
            )
            and not exists (
                select
                from ops.outbox as o
                where
                    o.idempotency_key = format(
                        'vat_check:%s:%s:%s:%s', c.tenant_id, c.id, c.vat_id, current_date
                    )
            )
        limit v_limit
    )
    select count(
        notify.put_outbox(
            a.tenant_id, 'vat_check', format('%s:%s:%s', a.subject, a.vat_id, current_date),
            jsonb_build_object('customer_id', a.id, 'vat_id', a.vat_id), a.subject
        )
    )
    into v_count
    from asked as a;
    if v_count = 0 then
        return '';
    end if;
    return format('asked for %s VAT ids', v_count)
        || case when v_count = v_limit then '; more is left' else '' end;
end;
$$;
revoke all on function jobs.check_vat_ids() from public;
grant execute on function jobs.check_vat_ids() to jobs;
comment on function jobs.check_vat_ids() is
    'Ask for the check of VAT ids by the tax authorities'' register.';
