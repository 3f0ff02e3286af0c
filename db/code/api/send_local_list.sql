-- Update the local list of charge points.
--
-- Of a group as many as one call has time for: the others get a row in state expired with
-- error_code LeftOut, and come first the next time. In the order of charge points, as everybody
-- locks their lists.
-- Writes:  ops.commands, core.local_lists.
-- Errors:  those of fleet.find_addressed_charge_points and fleet.queue_command; PT400
--          local_list_update_type, local_list_invalid; PT409 local_list_uncertain,
--          local_list_too_long.
-- Definer: commands are written by functions only.
create or replace function api.send_local_list(
    charge_point text default null,
    update_type text default 'automatic',
    entries jsonb default null,
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
    v_entries constant jsonb := case
        when entries is not null then charging.read_local_list_entries(entries)
    end;
    v_batch_id constant uuid := gen_random_uuid();
    v_charge_points core.charge_points[];
    v_chosen bigint[];
begin
    if coalesce(update_type, '') not in ('automatic', 'full', 'differential') then
        raise exception using
            errcode = 'PT400',
            message = 'an update of a local list is automatic, full or differential',
            detail = '{"error":"local_list_update_type"}',
            hint = 'Leave update_type out for automatic.';
    end if;
    v_charge_points := array(
        select cp
        from fleet.find_addressed_charge_points(
            'configuration.write', charge_point, charge_point_group
        ) as cp
    );
    v_chosen := charging.choose_local_lists(v_charge_points, v_entries);
    return query
    select v.*
    from fleet.show_commands(
        array(
            select q
            from unnest(v_charge_points) as cp
            cross join lateral charging.send_local_list(
                cp, update_type, v_entries, keep, make_interval(secs => expires_in_s),
                v_batch_id, charge_point is null
            ) as q
            where cp.id = any(v_chosen)
        ) || array(
            select fleet.record_refused_command(cp, 'SendLocalList', '{}', v_batch_id, 'LeftOut')
            from unnest(v_charge_points) as cp
            where cp.id <> all(v_chosen)
        )
    ) as v;
end;
$$;
revoke all on function api.send_local_list(text, text, jsonb, text, boolean, integer) from public;
grant execute on function api.send_local_list(text, text, jsonb, text, boolean, integer)
to staff, platform;
comment on function api.send_local_list(text, text, jsonb, text, boolean, integer) is
    E'Update the local authorisation list of a charge point, or of a group.\n'
    'entries is what the list shall be: [{"id_token", "status", "expires_at", '
    '"parent_id_token"}], by default every token of the tenant that may charge there. automatic '
    'sends what differs from what the charge point has, or the whole list when that is not '
    'certain; with differential, entries are the changes themselves, and "remove": true takes a '
    'token away. A list longer than the charge point takes at once is sent in several commands; '
    'those that wait behind one that fails are cancelled. Of a large group with long lists a '
    'call does a part; the others get a command in state expired with error_code LeftOut: call '
    'again, and they come first.';
