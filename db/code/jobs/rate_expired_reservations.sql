-- Price reservations that nobody used, where the tariff asks something for it.
--
-- One by one, each in a block of its own: they are few, and one that our own code fails on is
-- logged and goes to the end of the queue, where it keeps nobody else waiting. What a second
-- attempt may mend comes again.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.reservations_to_rate, what pricing.rate_reservations writes; at most 40
--            reservations a run, which are locked.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.rate_expired_reservations()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_next record;
    v_done record;
    v_taken integer := 0;
    v_rated bigint := 0;
    v_written_off bigint := 0;
    v_failed integer := 0;
begin
    for v_next in
        with taken as materialized (
            select q.id, q.tenant_id, q.reservation_id
            from ops.reservations_to_rate as q
            inner join core.reservations as r
                on r.tenant_id = q.tenant_id and r.id = q.reservation_id
            order by q.id
            limit 40
            for update of q skip locked
            for no key update of r skip locked
        ),
        removed as (
            delete from ops.reservations_to_rate as q
            using taken as t
            where q.id = t.id
            returning q.tenant_id, q.reservation_id
        )
        select distinct r.tenant_id, r.reservation_id
        from removed as r
        order by r.tenant_id, r.reservation_id
    loop
        v_taken := v_taken + 1;
        begin
            v_done := pricing.rate_reservations(
                array[v_next.tenant_id], array[v_next.reservation_id]
            );
            v_rated := v_rated + v_done.rated;
            v_written_off := v_written_off + v_done.written_off;
        exception
            when
                serialization_failure or deadlock_detected or lock_not_available
                or insufficient_resources or operator_intervention
            then
                raise;
            when others then
                raise log 'reservation % of tenant % could not be priced: %: %',
                    v_next.reservation_id, v_next.tenant_id, sqlstate, sqlerrm;
                insert into ops.reservations_to_rate (tenant_id, reservation_id)
                values (v_next.tenant_id, v_next.reservation_id);
                v_failed := v_failed + 1;
        end;
    end loop;
    return concat_ws(
        '; ',
        nullif(concat_ws(
            ', ',
            case when v_rated > 0 then format('rated %s reservations', v_rated) end,
            case when v_written_off > 0 then format('wrote off %s', v_written_off) end,
            case when v_failed > 0 then format('failed on %s', v_failed) end
        ), ''),
        case when v_taken >= 40 then 'more is left' end
    );
end;
$$;
revoke all on function jobs.rate_expired_reservations() from public;
grant execute on function jobs.rate_expired_reservations() to jobs;
comment on function jobs.rate_expired_reservations() is
    'Price reservations that nobody used, where the tariff asks something for it.';
