-- Price what runs, as of its newest readings, and stop what has used up its budget.
--
-- However many people look on, a session is priced once for a reading or a change of state: a
-- second run at the same time does nothing.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.session_costs, at most pricing.live_batch a run, and core.session_tariffs of
--            those without a tariff; core.session_events, and commands as fleet.queue_command.
-- Returns:   what was done but pricing itself, which is every second's; empty for nothing.
create or replace function jobs.refresh_session_costs()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_priced record;
    v_reached integer := 0;
    v_taken_back integer;
    v_stopped integer;
begin
    if
        not pg_try_advisory_xact_lock(hashtextextended('jobs.refresh_session_costs', 0))
    then
        return '';
    end if;
    v_priced := pricing.refresh_live_costs(
        access.get_setting('pricing.live_batch')::integer
    );
    if v_priced.session_ids is not null then
        v_reached := pricing.mark_exhausted_budgets(v_priced.tenant_ids, v_priced.session_ids);
    end if;
    v_taken_back := pricing.take_back_stops();
    v_stopped := pricing.stop_sessions_over_budget();
    return array_to_string(
        array_remove(
            array[
                case
                    when v_priced.failures > 0
                        then format('%s could not be priced', v_priced.failures)
                end,
                case when v_reached > 0 then format('%s reached a budget', v_reached) end,
                case when v_taken_back > 0 then format('%s let go on', v_taken_back) end,
                case when v_stopped > 0 then format('%s told to stop', v_stopped) end
            ],
            null
        ),
        ', '
    );
end;
$$;
revoke all on function jobs.refresh_session_costs() from public;
grant execute on function jobs.refresh_session_costs() to jobs;
comment on function jobs.refresh_session_costs() is
    'Price what runs and stop what has used up its budget; returns what was done.';
