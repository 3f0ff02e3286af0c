-- Bring the configuration of charge points in line with the templates that they follow.
--
-- One ChangeConfiguration for each key that is missing or different, but for those that wait to
-- be sent already. What the charge point does not know or cannot change is left to
-- configuration_drift. Of a group as many as one call has time for (fleet.max_template_s): the
-- others get a row in state expired with error_code LeftOut, and their turn with the next call, for
-- which nothing is left to send to those before them.
-- Writes:  ops.commands.
-- Errors:  those of fleet.find_addressed_charge_points and fleet.queue_command; PT409
--          configuration_template_missing when the one charge point named follows none.
-- Definer: commands are written by functions only.
create or replace function api.apply_configuration_template(
    charge_point text default null,
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
    if charge_point is not null and (
        select cp.configuration_template_id
        from fleet.find_addressed_charge_points(
            'configuration.write', charge_point, charge_point_group
        ) as cp
    ) is null then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point follows no template',
            detail = '{"error":"configuration_template_missing"}',
            hint = 'Set configuration_template_id of the charge point.';
    end if;
    return query
    select v.*
    from fleet.show_commands(array(
        select q
        from fleet.find_addressed_charge_points(
            'configuration.write', charge_point, charge_point_group
        ) as cp
        cross join lateral fleet.apply_configuration_template(
            cp, keep, make_interval(secs => expires_in_s), v_batch_id, charge_point is null
        ) as q
    )) as v;
end;
$$;
revoke all on function api.apply_configuration_template(text, text, boolean, integer) from public;
grant execute on function api.apply_configuration_template(text, text, boolean, integer)
to staff, platform;
comment on function api.apply_configuration_template(text, text, boolean, integer) is
    E'Send a charge point, or a group, what its configuration lacks of its template.\n'
    'Returns the commands, none when nothing is missing or different, and no more than may wait. '
    'Ask with get_configuration first: configuration_drift compares with what the charge point '
    'last said. Of a large group with long templates a call does a part; the others get a command '
    'in state expired with error_code LeftOut: call again.';

-- The same for one charge point, which is left out when it is one of a group and the call has
-- taken its time.
create or replace function fleet.apply_configuration_template(
    p_charge_point core.charge_points,
    p_keep boolean,
    p_expires_in interval,
    p_batch_id uuid,
    p_is_member boolean
)
returns setof ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_charge_point.configuration_template_id is null then
        return;
    end if;
    if
        p_is_member
        and clock_timestamp() >= statement_timestamp() + make_interval(
            secs => access.get_setting('fleet.max_template_s')::double precision
        )
    then
        return next fleet.record_refused_command(
            p_charge_point, 'ChangeConfiguration', '{}', p_batch_id, 'LeftOut'
        );
        return;
    end if;
    return query
    select q.*
    from fleet.queue_commands(
        p_charge_point, 'ChangeConfiguration', fleet.list_configuration_changes(p_charge_point),
        p_keep, p_expires_in, p_batch_id, p_is_member
    ) as q;
end;
$$;
revoke all on function fleet.apply_configuration_template(
    core.charge_points, boolean, interval, uuid, boolean
) from public;
comment on function fleet.apply_configuration_template(
    core.charge_points, boolean, interval, uuid, boolean
) is 'Send one charge point what its configuration lacks of its template.';

-- Payloads of ChangeConfiguration that bring a charge point in line with its template.
create or replace function fleet.list_configuration_changes(p_charge_point core.charge_points)
returns jsonb[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select jsonb_build_object('key', d.key, 'value', d.wanted)
        from api.configuration_drift as d
        where
            d.tenant_id = p_charge_point.tenant_id
            and d.charge_point_id = p_charge_point.id
            and d.why in ('missing', 'different')
            and not exists (
                select
                from ops.commands as q
                where
                    q.tenant_id = d.tenant_id
                    and q.charge_point_id = d.charge_point_id
                    and q.state = 'queued'
                    and q.action = 'ChangeConfiguration'
                    and lower(q.payload ->> 'key') = lower(d.key)
                    and q.payload ->> 'value' = d.wanted
            )
        order by d.key
        -- As many as may wait; the others drift on, and go next time.
        limit (
            select greatest(access.get_setting('commands.max_queued')::bigint - count(*), 1)
            from ops.commands as q
            where
                q.tenant_id = p_charge_point.tenant_id
                and q.charge_point_id = p_charge_point.id
                and q.state = 'queued'
        )
    );
end;
$$;
revoke all on function fleet.list_configuration_changes(core.charge_points) from public;
comment on function fleet.list_configuration_changes(core.charge_points) is
    'Payloads of ChangeConfiguration that bring a charge point in line with its template.';
