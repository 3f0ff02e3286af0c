-- What OCPP 1.6 tells a charger about a shown token: IdTagInfo of §7.27, without nulls.
--
-- Called by: ocpp16.authorize, ocpp16.start_transaction, ocpp16.stop_transaction.
-- {"status": ..., "expiryDate": "2026-11-20T12:00:00Z", "parentIdTag": ...}
-- expiryDate stands beside Accepted only: it says until when the charger may trust its copy,
-- at most charging.id_token_cache_hours and never past the token's own end. parentIdTag is the
-- token of the group; a token that may not charge does not get to end the group's sessions.
create or replace function charging.get_id_token_info(p_authorization core.authorizations)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_expires_at timestamptz;
    v_group_token text;
begin
    if p_authorization.status not in ('Accepted', 'ConcurrentTx') then
        return jsonb_build_object('status', p_authorization.status);
    end if;

    select t.expires_at, g.group_token
    into v_expires_at, v_group_token
    from core.id_tokens as t
    left join core.id_token_groups as g
        on g.tenant_id = t.tenant_id and g.id = t.id_token_group_id
    where t.tenant_id = p_authorization.tenant_id and t.id = p_authorization.id_token_id;

    if p_authorization.status = 'Accepted' then
        v_expires_at := least(
            v_expires_at,
            now() + make_interval(
                hours => access.get_setting('charging.id_token_cache_hours')::integer
            )
        );
    else
        v_expires_at := null;
    end if;

    return jsonb_strip_nulls(jsonb_build_object(
        'status', p_authorization.status,
        'expiryDate', to_char(v_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'parentIdTag', v_group_token
    ));
end;
$$;
revoke all on function charging.get_id_token_info(core.authorizations) from public;
comment on function charging.get_id_token_info(core.authorizations) is
    'OCPP 1.6 IdTagInfo of a decision: status, how long to cache it, and the parent token.';
