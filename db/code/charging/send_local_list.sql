-- Queue the commands that update the local list of one charge point.
--
-- p_entries are entries of charging.make_local_list_entry, null for every token that may charge
-- there; with p_update_type 'differential' they are the changes, else the whole list.
-- 'automatic' sends the difference, or a full list where it is not certain what stands there:
-- never sent, an answer that never came, an update still on its way. Where the list is empty a
-- full one says the same and is right whatever stands there. A full list takes the place of
-- updates that wait. Nothing differs: no command.
-- Called by: api.send_local_list.
-- Writes:    ops.commands, core.local_lists (row locked).
-- Errors:    PT409 local_list_uncertain for a computed difference to what is not certain; PT409
--            local_list_too_long; PT400 local_list_invalid; those of fleet.queue_command.
create or replace function charging.send_local_list(
    p_charge_point core.charge_points,
    p_update_type text,
    p_entries jsonb,
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
declare
    v_list constant core.local_lists := charging.lock_local_list(
        p_charge_point.tenant_id, p_charge_point.id
    );
    v_max_length constant integer := coalesce(
        fleet.get_configuration_limit(
            p_charge_point.tenant_id, p_charge_point.id, 'LocalAuthListMaxLength', 1
        ),
        access.get_setting('fleet.max_local_list_entries')::integer
    );
    v_is_certain constant boolean := v_list.version >= 0 and v_list.is_certain and not exists (
        select
        from ops.commands as q
        where
            q.tenant_id = p_charge_point.tenant_id
            and q.charge_point_id = p_charge_point.id
            and q.state in ('queued', 'sent')
            and q.action = 'SendLocalList'
    );
    v_entries jsonb := coalesce(
        p_entries, charging.list_local_list_entries(p_charge_point, v_max_length)
    );
    v_installed constant jsonb := charging.list_installed_entries(p_charge_point);
    v_is_full constant boolean := p_update_type = 'full'
        or p_update_type = 'automatic'
        and (v_is_certain is not true or v_installed = '[]' and v_entries <> '[]');
    v_refusal text;
begin
    update core.local_lists as l
    set compared_at = clock_timestamp()
    where l.tenant_id = p_charge_point.tenant_id and l.charge_point_id = p_charge_point.id;
    if v_is_full then
        perform charging.cancel_local_list_updates(
            p_charge_point.tenant_id, p_charge_point.id, null
        );
    elsif p_update_type = 'automatic' or p_entries is null then
        if v_is_certain is not true then
            v_refusal := 'local_list_uncertain';
        end if;
        v_entries := charging.diff_local_list(v_installed, v_entries);
    end if;
    if not v_is_full and v_entries = '[]' and v_refusal is null then
        return;
    end if;
    if charging.measure_local_list(
        case when v_is_full then '[]' else v_installed end, v_entries
    ) > v_max_length then
        v_refusal := coalesce(v_refusal, 'local_list_too_long');
    end if;
    if v_refusal is not null and p_is_member then
        return next fleet.record_refused_command(
            p_charge_point, 'SendLocalList', '{}', p_batch_id, v_refusal
        );
        return;
    elsif v_refusal = 'local_list_uncertain' then
        raise exception using
            errcode = 'PT409',
            message = 'it is not certain what stands in the local list',
            detail = '{"error":"local_list_uncertain"}',
            hint = 'Send a full list.';
    elsif v_refusal = 'local_list_too_long' then
        raise exception using
            errcode = 'PT409',
            message = format('the local list takes %s entries', v_max_length),
            detail = '{"error":"local_list_too_long"}',
            hint = 'LocalAuthListMaxLength of the charge point bounds the list, or the setting '
                'fleet.max_local_list_entries where it names none.';
    end if;
    return query
    select q.*
    from fleet.queue_commands(
        p_charge_point, 'SendLocalList',
        charging.split_local_list(p_charge_point, v_is_full, v_entries, v_max_length),
        p_keep, p_expires_in, p_batch_id, p_is_member
    ) as q;
end;
$$;
revoke all on function charging.send_local_list(
    core.charge_points, text, jsonb, boolean, interval, uuid, boolean
) from public;
comment on function charging.send_local_list(
    core.charge_points, text, jsonb, boolean, interval, uuid, boolean
) is 'Queue the commands that update the local list of one charge point.';

-- How many entries a local list has after an update.
create or replace function charging.measure_local_list(p_installed jsonb, p_entries jsonb)
returns bigint
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with changes as materialized (
            select lower(e.entry ->> 'idTag') as key, e.entry -> 'idTagInfo' is not null as stands
            from jsonb_array_elements(p_entries) as e (entry)
        )

        select count(distinct l.key)
        from (
            select c.key from changes as c where c.stands
            union all
            select lower(i.entry ->> 'idTag')
            from jsonb_array_elements(p_installed) as i (entry)
            where lower(i.entry ->> 'idTag') not in (
                select c.key from changes as c where c.key is not null
            )
        ) as l
    );
end;
$$;
revoke all on function charging.measure_local_list(jsonb, jsonb) from public;
comment on function charging.measure_local_list(jsonb, jsonb) is
    'How many entries a local list has after an update.';

-- The members of a group whose lists one call can go through before it runs out of time: those
-- that were compared longest ago, as far as fleet.max_local_list_work goes, and at least one.
--
-- Called by: api.send_local_list.
create or replace function charging.choose_local_lists(
    p_charge_points core.charge_points[],
    p_entries jsonb
)
returns bigint[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work constant bigint := access.get_setting('fleet.max_local_list_work')::bigint;
    v_max_length constant integer := access.get_setting('fleet.max_local_list_entries')::integer;
    v_count constant bigint := coalesce(
        jsonb_array_length(p_entries),
        (
            select count(*)
            from core.id_tokens as t
            where t.tenant_id = (p_charge_points[1]).tenant_id and not t.is_blocked
        )
    );
begin
    return array(
        select o.id
        from (
            select
                cp.id,
                row_number() over before_it as no,
                sum(
                    least(
                        v_count,
                        coalesce(
                            fleet.get_configuration_limit(
                                cp.tenant_id, cp.id, 'LocalAuthListMaxLength', 1
                            ),
                            v_max_length
                        )
                    )
                ) over before_it as work
            from unnest(p_charge_points) as cp
            left join core.local_lists as l
                on l.tenant_id = cp.tenant_id and l.charge_point_id = cp.id
            window before_it as (order by l.compared_at nulls first, cp.id)
        ) as o
        where o.work <= v_work or o.no = 1
    );
end;
$$;
revoke all on function charging.choose_local_lists(core.charge_points[], jsonb) from public;
comment on function charging.choose_local_lists(core.charge_points[], jsonb) is
    'The members of a group whose local lists one call can go through.';

-- Payloads of SendLocalList, as many entries at a time as the charge point takes: of a full list
-- the first is full and the others add to it.
create or replace function charging.split_local_list(
    p_charge_point core.charge_points,
    p_is_full boolean,
    p_entries jsonb,
    p_max_length integer
)
returns jsonb[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chunk constant integer := least(
        p_max_length,
        coalesce(
            fleet.get_configuration_limit(
                p_charge_point.tenant_id, p_charge_point.id, 'SendLocalListMaxLength', 1
            ),
            access.get_setting('fleet.max_local_list_chunk')::integer
        )
    );
begin
    if p_entries = '[]' then
        return array[
            '{"updateType": "Full", "localAuthorizationList": []}'::jsonb
        ];
    end if;
    return array(
        select jsonb_build_object(
            'updateType',
            case when p_is_full and c.chunk_no = 0 then 'Full' else 'Differential' end,
            'localAuthorizationList', c.entries
        )
        from (
            select (e.no - 1) / v_chunk as chunk_no, jsonb_agg(e.entry order by e.no) as entries
            from jsonb_array_elements(p_entries) with ordinality as e (entry, no)
            group by (e.no - 1) / v_chunk
        ) as c
        order by c.chunk_no
    );
end;
$$;
revoke all on function charging.split_local_list(core.charge_points, boolean, jsonb, integer)
from public;
comment on function charging.split_local_list(core.charge_points, boolean, jsonb, integer) is
    'Payloads of SendLocalList, as many entries at a time as the charge point takes.';
