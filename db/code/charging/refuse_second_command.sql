-- Let a driver wait for the answer to one command before the next of its kind.
--
-- An impatient finger must not fill the queue that the operator needs as well. Requests of one
-- driver for one charge point wait for each other, or many at once would all find nothing.
-- Called by: charging.send_driver_start, api.remote_stop_transaction.
-- Locks:     driver and charge point, until the transaction ends.
-- Errors:    PT409 command_pending.
create or replace function charging.refuse_second_command(
    p_action text,
    p_charge_point core.charge_points
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(
        hashtextextended(
            format(
                'charging.refuse_second_command %s %s', p_charge_point.id, claims.user_id()
            ),
            p_charge_point.tenant_id
        )
    );
    -- A statement of its own, which sees what whoever held the lock has done.
    if exists (
        select
        from ops.commands as c
        where
            c.tenant_id = p_charge_point.tenant_id
            and c.charge_point_id = p_charge_point.id
            and c.state in ('queued', 'sent')
            and c.action = p_action
            and c.requested_by = claims.user_id()
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'your last command waits for its answer',
            detail = '{"error":"command_pending"}',
            hint = 'commands says what became of it; it takes a few seconds.';
    end if;
end;
$$;
revoke all on function charging.refuse_second_command(text, core.charge_points) from public;
comment on function charging.refuse_second_command(text, core.charge_points) is
    'Let a driver wait for the answer to one command before the next of its kind.';
