-- Send the next waves of campaigns, see how their members fare, stop those that fail, end those
-- that are done.
--
-- At most 40 commands a run, so that the exception blocks stay cheap and chargers are not all
-- woken at once. A campaign that somebody changes at this moment has its turn the next time.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    what fleet.advance_campaign writes; campaigns are locked.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.run_campaigns()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_campaign core.campaigns;
    v_step record;
    v_sent integer := 0;
    v_stopped integer := 0;
    v_has_more boolean := false;
begin
    -- A loop, as each is a small machine of its own.
    for v_campaign in
        select c.*
        from core.campaigns as c
        where
            c.state in ('running', 'paused')
            or c.state = 'stopped'
            and exists (
                select
                from core.campaign_members as m
                where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'running'
            )
        order by c.next_wave_at, c.tenant_id, c.id
        for no key update of c skip locked
    loop
        v_step := fleet.advance_campaign(v_campaign, 40 - v_sent);
        v_sent := v_sent + v_step.sent;
        v_stopped := v_stopped + v_step.is_stopped::integer;
        v_has_more := v_has_more or v_step.has_more;
    end loop;
    return concat_ws(
        '; ',
        case when v_sent > 0 then format('sent %s commands of campaigns', v_sent) end,
        case when v_stopped > 0 then format('stopped %s campaigns', v_stopped) end,
        case when v_has_more then 'more is left' end
    );
end;
$$;
revoke all on function jobs.run_campaigns() from public;
grant execute on function jobs.run_campaigns() to jobs;
comment on function jobs.run_campaigns() is
    'Send the next waves of campaigns and stop those that fail; returns what was done.';
