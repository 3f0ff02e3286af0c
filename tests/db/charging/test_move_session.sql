-- The state machine of sessions.
begin;
select plan(3);
select tests.act_as_owner();

create function pg_temp.try(p_from text, p_to text) returns text language plpgsql as $$
declare
    v_session core.sessions;
    v_state text;
    v_detail text;
begin
    update core.sessions set state = p_from, ended_at = case when p_from <> 'active' then now() end
    where id = 1001
    returning * into v_session;
    v_session := charging.move_session(
        v_session, p_to, now(), 'stopped', now(), now(), '{"a": 1, "b": null}'
    );
    return v_session.state;
exception
    when sqlstate 'PT409' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail::jsonb ->> 'error';
end;
$$;
select results_eq(
    $$ select f.state, t.state, pg_temp.try(f.state, t.state)
       from unnest('{active,presumed_ended,ended}'::text[]) with ordinality as f (state, no)
       cross join unnest('{active,presumed_ended,ended}'::text[]) with ordinality as t (state, no)
       order by f.no, t.no $$,
    $$ values
           ('active', 'active', 'session_transition_refused'),
           ('active', 'presumed_ended', 'presumed_ended'), ('active', 'ended', 'ended'),
           ('presumed_ended', 'active', 'session_transition_refused'),
           ('presumed_ended', 'presumed_ended', 'session_transition_refused'),
           ('presumed_ended', 'ended', 'ended'),
           ('ended', 'active', 'session_transition_refused'),
           ('ended', 'presumed_ended', 'session_transition_refused'),
           ('ended', 'ended', 'session_transition_refused') $$,
    'rule R7: a session goes to its end and never back'
);
select bag_eq(
    $$ select e.event, e.from_state, e.to_state, e.happened_at, e.details
       from core.session_events as e where e.session_id = 1001 and e.event = 'stopped' $$,
    $$ values
           ('stopped', 'active', 'presumed_ended', now(), '{"a": 1}'::jsonb),
           ('stopped', 'active', 'ended', now(), '{"a": 1}'),
           ('stopped', 'presumed_ended', 'ended', now(), '{"a": 1}') $$,
    'every move leaves its event'
);
select is(
    (select count(*) from core.sessions as s
     inner join core.sessions as n on n.id = s.id
     where s.id = 1001 and s.updated_at = now()),
    1::bigint, 'and the time of the change'
);
select * from finish();
rollback;
