-- Commands that were just queued, as the API shows them, in the order of their ids.
--
-- select s.* from fleet.show_commands(array(select q from fleet.send_commands(...) as q)) as s
-- Called by: api functions that send commands.
create or replace function fleet.show_commands(p_commands ops.commands[])
returns setof api.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select v.*
    from unnest(p_commands) as q
    inner join api.commands as v on v.tenant_id = q.tenant_id and v.id = q.id
    order by v.id;
end;
$$;
revoke all on function fleet.show_commands(ops.commands[]) from public;
comment on function fleet.show_commands(ops.commands[]) is
    'Commands that were just queued, as the API shows them.';
