-- Take an unknown charger out of the waiting list.
--
-- Writes:  core.unknown_charge_points (row locked). Repeatable. Its attempts go on counting, and
--          it can still be admitted.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT409
--          inbox_entry_decided.
-- Definer: the inbox is written by functions only.
create or replace function api.ignore_charge_point(unknown_charge_point_id bigint)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_charge_points;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_charge_point(unknown_charge_point_id);
    update core.unknown_charge_points as u
    set state = 'ignored', decided_at = now(), decided_by = claims.user_id()
    where u.id = v_entry.id and u.state = 'waiting';
    return jsonb_build_object('unknown_charge_point_id', v_entry.id, 'state', 'ignored');
end;
$$;
revoke all on function api.ignore_charge_point(bigint) from public;
grant execute on function api.ignore_charge_point(bigint) to staff, platform;
comment on function api.ignore_charge_point(bigint) is
    E'Take an unknown charger out of the waiting list.\n'
    'It is still refused and still counted, and can be admitted later.';
