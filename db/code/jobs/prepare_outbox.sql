-- Say what a deliverer needs for an outside effect that its runner has taken.
--
-- It is the payload, or what jobs.prepare_<kind>(ops.outbox) returns jsonb makes of it, if there
-- is such a function: addresses and secrets as they are now. Null when the effect is no longer
-- wanted: it is over then, and no call is made.
-- A function that fails is one try that failed: the deliverer reports it.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    ops.outbox, ops.outbox_attempts when it is no longer wanted.
create or replace function jobs.prepare_outbox(p_outbox_id bigint, p_number integer)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row ops.outbox;
    v_hook regprocedure;
    v_payload jsonb;
begin
    select o.* into v_row
    from ops.outbox as o
    where o.id = p_outbox_id and o.calls = p_number and o.state in ('running', 'asking')
    for no key update;
    if not found then
        return null;
    end if;
    v_hook := to_regprocedure(format('jobs.prepare_%s(ops.outbox)', v_row.kind));
    if v_hook is null then
        return v_row.payload;
    end if;
    execute format('select %s($1)', v_hook::oid::regproc) into v_payload using v_row;
    if v_payload is null then
        perform jobs.finish_outbox(
            p_outbox_id, p_number, 'dead', null, 'it is no longer wanted', null, null
        );
    end if;
    return v_payload;
end;
$$;
revoke all on function jobs.prepare_outbox(bigint, integer) from public;
grant execute on function jobs.prepare_outbox(bigint, integer) to jobs;
comment on function jobs.prepare_outbox(bigint, integer) is
    'Say what a deliverer needs for an effect that was taken; null when it is no longer wanted.';
