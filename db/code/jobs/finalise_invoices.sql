-- Number and issue drafts whose grace period is over.
--
-- A batch of one tenant a run. What cannot be issued says why in its problem, and is tried again
-- an hour later. Two runners at once wait for each other's accounts, and the second one finds
-- nothing left to do.
-- Should a batch fail, its first 40 drafts are issued one by one, and the one that fails has the
-- problem finalising_failed, with what PostgreSQL said in the log: it keeps nobody else waiting.
-- What a second attempt may mend (a deadlock, no memory) fails the run as a whole.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    what billing.finalise_invoices writes.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.finalise_invoices()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('billing.finalise_batch')::integer;
    v_tenant_id bigint;
    v_ids bigint[];
    v_id bigint;
    v_done integer;
    v_refused integer;
begin
    select i.tenant_id into v_tenant_id
    from core.invoices as i
    where i.state = 'draft' and i.finalise_at <= now()
    order by i.finalise_at
    limit 1;
    if not found then
        return '';
    end if;
    select array_agg(d.id) into v_ids
    from (
        select i.id
        from core.invoices as i
        where i.tenant_id = v_tenant_id and i.state = 'draft' and i.finalise_at <= now()
        order by i.finalise_at, i.id
        limit v_limit
    ) as d;
    begin
        v_done := cardinality(billing.finalise_invoices(v_tenant_id, v_ids));
    exception
        when integrity_constraint_violation or data_exception or raise_exception then
            raise log 'a batch of drafts could not be finalised: %: %', sqlstate, sqlerrm;
    end;
    if v_done is null then
        v_done := 0;
        -- By account, as accounts are locked.
        select array_agg(d.id order by d.account_id, d.id) into v_ids
        from (
            select i.id, i.account_id
            from core.invoices as i
            where i.tenant_id = v_tenant_id and i.id = any(v_ids)
            order by i.account_id, i.id
            limit 40
        ) as d;
        -- A loop, so that each has a block of its own; 40 blocks stay cheap.
        foreach v_id in array coalesce(v_ids, '{}') loop
            begin
                v_done := v_done
                    + cardinality(billing.finalise_invoices(v_tenant_id, array[v_id]));
            exception
                when integrity_constraint_violation or data_exception or raise_exception then
                    raise log 'draft % could not be finalised: %: %', v_id, sqlstate, sqlerrm;
                    update core.invoices as i
                    set problem = 'finalising_failed'
                    where i.tenant_id = v_tenant_id and i.id = v_id and i.state = 'draft';
            end;
        end loop;
    end if;
    update core.invoices as i
    set finalise_at = now() + interval '1 hour'
    where
        i.tenant_id = v_tenant_id
        and i.id = any(v_ids)
        and i.state = 'draft'
        and i.finalise_at <= now();
    get diagnostics v_refused = row_count;
    return concat_ws(
        '; ',
        nullif(concat_ws(
            ', ',
            case when v_done > 0 then format('finalised %s invoices', v_done) end,
            case when v_refused > 0 then format('could not finalise %s', v_refused) end
        ), ''),
        case
            when
                exists (
                    select
                    from core.invoices as i
                    where i.state = 'draft' and i.finalise_at <= now()
                )
                then 'more is left'
        end
    );
end;
$$;
revoke all on function jobs.finalise_invoices() from public;
grant execute on function jobs.finalise_invoices() to jobs;
comment on function jobs.finalise_invoices() is
    'Number and issue drafts whose grace period is over; returns what was done.';
