-- Ask charge points for their configuration.
--
-- Writes:  ops.commands.
-- Errors:  those of fleet.find_addressed_charge_points and fleet.queue_command; PT409
--          configuration_keys_refused.
-- Definer: commands are written by functions only.
create or replace function api.get_configuration(
    charge_point text default null,
    keys text[] default null,
    charge_point_group text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch_id constant uuid := gen_random_uuid();
begin
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.find_addressed_charge_points(
            'commands.write', charge_point, charge_point_group
        ) as cp
        cross join lateral fleet.queue_commands(
            cp, 'GetConfiguration', fleet.split_configuration_keys(cp, keys), keep,
            make_interval(secs => expires_in_s), v_batch_id, charge_point is null
        ) as q
    )) as v;
end;
$$;
revoke all on function api.get_configuration(text, text[], text, boolean, integer) from public;
grant execute on function api.get_configuration(text, text[], text, boolean, integer)
to staff, platform;
comment on function api.get_configuration(text, text[], text, boolean, integer) is
    E'Ask a charge point, or a group, for its configuration.\n'
    'charge_point is an OCPP identity, charge_point_group a name: send one of both. Without keys '
    'it is asked for all. Takes several commands where the charge point has said that it answers '
    'fewer keys at once (GetConfigurationMaxKeys). What it says goes to configuration_keys.';

-- Payloads of GetConfiguration for these keys, each once, as many at a time as the charge point
-- takes.
create or replace function fleet.split_configuration_keys(
    p_charge_point core.charge_points,
    p_keys text[]
)
returns jsonb[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := coalesce(
        fleet.get_configuration_limit(
            p_charge_point.tenant_id, p_charge_point.id, 'GetConfigurationMaxKeys', 1
        ),
        1000000
    );
begin
    if coalesce(cardinality(p_keys), 0) = 0 then
        return array['{}'::jsonb];
    end if;
    return array(
        select jsonb_build_object('key', jsonb_agg(k.key order by k.no))
        from (
            select u.key, row_number() over (order by u.no) - 1 as no
            from (
                select distinct on (lower(n.key)) n.key, n.no
                from unnest(p_keys) with ordinality as n (key, no)
                order by lower(n.key), n.no
            ) as u
        ) as k
        group by k.no / v_limit
        order by k.no / v_limit
    );
end;
$$;
revoke all on function fleet.split_configuration_keys(core.charge_points, text[]) from public;
comment on function fleet.split_configuration_keys(core.charge_points, text[]) is
    'Payloads of GetConfiguration for these keys, as many at a time as the charge point takes.';
