-- Finish commands that nobody waits for any more.
--
-- Queued ones expire at their time, and those that are not kept also when their charge point has
-- been away for commands.away_grace_s: long enough to come back from a bridge that restarts.
-- Those in flight become unknown commands.answer_grace_s after their answer was due, for it is
-- the bridge that reports a time-out and it may have died. The payload of an unknown one that
-- carries a secret is kept for a late answer, for an hour.
-- Rows that somebody holds are left for the next turn; 500 of each kind a run.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.commands (rows locked), ops.command_secrets, and what finished_<action> writes.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.expire_commands()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_away_since constant timestamptz := v_now - make_interval(
        secs => access.get_setting('commands.away_grace_s')::double precision
    );
    v_due_before constant timestamptz := v_now - make_interval(
        secs => access.get_setting('commands.answer_grace_s')::double precision
    );
    v_limit constant integer := 500;
    v_command ops.commands;
    v_expired integer := 0;
    v_away integer := 0;
    v_unknown integer := 0;
    v_done text[];
begin
    -- Loops, as the functions behind them are per command; in the order of charge points, as
    -- ocpp.finish_commands has it.
    for v_command in
        with locked as (
            select q.*
            from ops.commands as q
            where q.state = 'queued' and q.expires_at <= v_now
            order by q.expires_at
            limit v_limit
            for update skip locked
        )

        select l.* from locked as l order by l.charge_point_id, l.id
    loop
        v_command.state := 'expired';
        v_command.error_code := 'Expired';
        perform fleet.finish_command(v_command);
        v_expired := v_expired + 1;
    end loop;

    for v_command in
        with locked as (
            select q.*
            from ops.commands as q
            where
                q.state = 'queued'
                and not q.is_kept
                and not exists (
                    select
                    from ops.connections as c
                    where
                        c.tenant_id = q.tenant_id
                        and c.charge_point_id = q.charge_point_id
                        and c.closed_at is null
                )
                and not exists (
                    select
                    from ops.connections as c
                    where
                        c.tenant_id = q.tenant_id
                        and c.charge_point_id = q.charge_point_id
                        and c.outcome = 'accepted'
                        and c.closed_at > v_away_since
                )
            limit v_limit
            for update skip locked
        )

        select l.* from locked as l order by l.charge_point_id, l.id
    loop
        v_command.state := 'expired';
        v_command.error_code := 'Offline';
        perform fleet.finish_command(v_command);
        v_away := v_away + 1;
    end loop;

    for v_command in
        with locked as (
            select q.*
            from ops.commands as q
            where q.state = 'sent' and q.answer_due_at <= v_due_before
            order by q.answer_due_at
            limit v_limit
            for update skip locked
        )

        select l.* from locked as l order by l.charge_point_id, l.id
    loop
        v_command.state := 'unknown';
        v_command.error_code := 'Timeout';
        perform fleet.finish_command(v_command);
        v_unknown := v_unknown + 1;
    end loop;

    delete from ops.command_secrets as s
    using ops.commands as q
    where
        q.tenant_id = s.tenant_id
        and q.id = s.command_id
        and q.finished_at < v_now - interval '1 hour';

    v_done := array_remove(
        array[
            case when v_expired > 0 then format('%s expired', v_expired) end,
            case when v_away > 0 then format('%s of chargers that are away', v_away) end,
            case when v_unknown > 0 then format('%s unknown', v_unknown) end
        ],
        null
    );
    if v_done = '{}' then
        return '';
    end if;
    return array_to_string(v_done, ', ') || case
        when v_limit in (v_expired, v_away, v_unknown) then '; more is left'
        else ''
    end;
end;
$$;
revoke all on function jobs.expire_commands() from public;
grant execute on function jobs.expire_commands() to jobs;
comment on function jobs.expire_commands() is
    'Expire commands past their time and make unanswered ones unknown; returns what was done.';
