-- Keep the directory of identities, which are unique across tenants and whatever their case.
--
-- Called by: trigger charge_points__list_identity, after insert or update of identity, for each
--            row.
-- Writes:    core.charge_point_identities; core.unknown_charge_points, where the tenant's own
--            entry of this identity and the one that named no tenant are decided. Another
--            tenant's inbox is not ours to touch: its entry waits until its time is over.
-- Errors:    PT409 charge_point_identity_taken; which tenant has it is nobody's business.
-- Definer:   the directory is the owner's alone.
create or replace function fleet.tg_charge_points__list_identity()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        delete from core.charge_point_identities as i
        where i.tenant_id = new.tenant_id and i.charge_point_id = new.id;
    end if;

    -- The unique key decides, also between two transactions that run at the same time.
    insert into core.charge_point_identities (identity_key, tenant_id, charge_point_id)
    values (lower(new.identity), new.tenant_id, new.id)
    on conflict (identity_key) do nothing;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = format('the identity %s is taken', new.identity),
            detail = '{"error":"charge_point_identity_taken"}',
            hint = 'Identities are unique across all operators, whatever their case.';
    end if;

    update core.unknown_charge_points as u
    set state = 'admitted', decided_at = now(), decided_by = claims.user_id()
    where
        u.identity_key = lower(new.identity)
        and (u.tenant_id is null or u.tenant_id = new.tenant_id)
        and u.state <> 'admitted';
    return null;
end;
$$;
revoke all on function fleet.tg_charge_points__list_identity() from public;
comment on function fleet.tg_charge_points__list_identity() is
    'Trigger: keep the directory of charge point identities.';
