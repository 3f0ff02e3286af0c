-- Keep what a charge point said of its configuration, and what of it has changed.
--
-- p_reported is [{"key", "value", "is_readonly", "is_unknown", "needs_reboot"}, ...]; of keys that
-- differ in case only the last counts. p_is_set says that the values were set by us: then
-- needs_reboot counts, and a secret has changed though its mask has not.
-- A key of 1 to 200 characters is kept with 10,000 characters of its value, secrets masked; new
-- keys as long as there are fewer than fleet.max_configuration_keys. A late answer says nothing of
-- a key of which a newer command has told.
-- Called by: ocpp16.finished_get_configuration, ocpp16.finished_change_configuration.
-- Writes:    core.configuration_keys, core.configuration_changes.
create or replace function fleet.record_configuration(
    p_command ops.commands,
    p_reported jsonb,
    p_is_set boolean
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_at constant timestamptz := coalesce(p_command.answered_at, now());
    v_room bigint;
begin
    -- Two answers of one charge point wait for each other.
    perform
    from core.charge_points as c
    where c.tenant_id = p_command.tenant_id and c.id = p_command.charge_point_id
    for no key update;
    select greatest(access.get_setting('fleet.max_configuration_keys')::bigint - count(*), 0)
    into v_room
    from core.configuration_keys as k
    where k.tenant_id = p_command.tenant_id and k.charge_point_id = p_command.charge_point_id;

    with reported as materialized (
        select distinct on (lower(e.item ->> 'key'))
            e.item ->> 'key' as key,
            e.item ->> 'value' as value,
            (e.item ->> 'is_readonly')::boolean as is_readonly,
            coalesce((e.item ->> 'is_unknown')::boolean, false) as is_unknown,
            coalesce((e.item ->> 'needs_reboot')::boolean, false) as needs_reboot,
            fleet.is_secret_configuration_key(e.item ->> 'key') as is_secret,
            e.no
        from jsonb_array_elements(p_reported) with ordinality as e (item, no)
        where length(e.item ->> 'key') between 1 and 200
        order by lower(e.item ->> 'key'), e.no desc
    ),

    known as (
        select
            coalesce(k.key, r.key) as key,
            case
                when r.is_secret then left(r.value, 0) || '***'
                else left(ocpp.mask_payload(r.value), 10000)
            end as value,
            r.is_readonly,
            r.is_unknown,
            r.needs_reboot,
            r.is_secret,
            k.value as old_value,
            k.key is null as is_new,
            row_number() over (partition by k.key is null order by r.no) as no
        from reported as r
        left join core.configuration_keys as k
            on
                k.tenant_id = p_command.tenant_id
                and k.charge_point_id = p_command.charge_point_id
                and lower(k.key) = lower(r.key)
        where coalesce(k.command_id <= p_command.id, true)
    ),

    kept as materialized (
        select k.* from known as k where not k.is_new or k.no <= v_room
    ),

    changes as (
        insert into core.configuration_changes (
            tenant_id, charge_point_id, key, old_value, new_value, changed_at, command_id
        )
        select
            p_command.tenant_id, p_command.charge_point_id, k.key, k.old_value, k.value, v_at,
            p_command.id
        from kept as k
        where
            k.value is distinct from k.old_value
            or p_is_set and k.is_secret and not k.is_unknown
    )

    insert into core.configuration_keys as k (
        tenant_id, charge_point_id, key, value, is_readonly, is_unknown, needs_reboot,
        reported_at, command_id
    )
    select
        p_command.tenant_id, p_command.charge_point_id, n.key, n.value, n.is_readonly,
        n.is_unknown, n.needs_reboot, v_at, p_command.id
    from kept as n
    on conflict (tenant_id, charge_point_id, lower(key)) do update
        set value = excluded.value,
            is_readonly = coalesce(excluded.is_readonly, k.is_readonly),
            is_unknown = excluded.is_unknown,
            needs_reboot = case
                when p_is_set or excluded.is_unknown then excluded.needs_reboot
                else k.needs_reboot
            end,
            reported_at = excluded.reported_at,
            command_id = excluded.command_id;
end;
$$;
revoke all on function fleet.record_configuration(ops.commands, jsonb, boolean) from public;
comment on function fleet.record_configuration(ops.commands, jsonb, boolean) is
    'Keep what a charge point said of its configuration, with the history of what changed.';
