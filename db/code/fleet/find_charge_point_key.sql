-- Which live key of a charge point the given bytes are, if any.
--
-- A charger may send its key as the hex digits of its bytes (OCPP 1.6 Security Whitepaper
-- A00.FR.205; quirk 11): that form is tried too, and reported. Both keyed hashes are computed
-- whatever is given, for a charge point that does not exist (null) as well, so that the time
-- of the answer does not say which chargers exist.
-- A key that a person chose is kept as bcrypt over the hex text of its keyed hash, so that any
-- bytes work. Checking it is slow on purpose, so a charge point with more than 20 refusals in
-- the last minute is not checked: that limit is all that a guesser can make us compute.
-- Called by: ocpp.open_connection.
create or replace function fleet.find_charge_point_key(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key bytea
)
returns table (key_id bigint, is_hex_form boolean)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := encode(coalesce(p_key, ''), 'escape');
    v_hash constant bytea := fleet.hash_charge_point_key(coalesce(p_key, ''));
    v_hex_hash constant bytea := fleet.hash_charge_point_key(
        case
            when v_text ~ '^([0-9a-fA-F]{2}){16,20}$' then decode(v_text, 'hex')
            else coalesce(p_key, '')
        end
    );
begin
    return query
    select k.id, k.key_hash <> v_hash
    from core.charge_point_keys as k
    where
        k.tenant_id = p_tenant_id
        and k.charge_point_id = p_charge_point_id
        and k.retired_at is null
        and not k.is_human_chosen
        and k.key_hash in (v_hash, v_hex_hash)
    order by k.id desc
    limit 1;
    if found or p_key is null then
        return;
    end if;
    return query
    select k.id, false
    from (
        select k.id, convert_from(k.key_hash, 'UTF8') as key_hash
        from core.charge_point_keys as k
        where
            k.tenant_id = p_tenant_id
            and k.charge_point_id = p_charge_point_id
            and k.retired_at is null
            and k.is_human_chosen
            and 20 > (
                select coalesce(sum(c.attempts), 0)
                from ops.connections as c
                where
                    c.tenant_id = p_tenant_id
                    and c.charge_point_id = p_charge_point_id
                    and c.outcome = 'refused'
                    and c.opened_at > now() - interval '1 minute'
            )
        -- The one in use and the newest: however many were sent and lost, it is not locked out.
        order by k.last_used_at is null, k.id desc
        limit 3
    ) as k
    where extensions.crypt(encode(v_hash, 'hex'), k.key_hash) = k.key_hash
    limit 1;
end;
$$;
revoke all on function fleet.find_charge_point_key(bigint, bigint, bytea) from public;
comment on function fleet.find_charge_point_key(bigint, bigint, bytea) is
    'The live key of a charge point that the given bytes are, or no row.';
