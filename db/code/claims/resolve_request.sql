-- Resolve the claims of a verified token into who that is with us now, or refuse it.
--
-- Ours (iss voltaro): the sign-in (sid) is live and belongs to that person and tenant.
-- Outside issuers stand in core.identity_providers and their subjects in core.identities; the
-- tenant is the claim tenant_id where the person is a member there, else the oldest membership.
-- Returns our claims, with the role's audience of this moment; a token without a jti of ours
-- gets one derived from what makes it unique, so that api.logout can revoke it.
-- Called by: claims.check_request.
-- Definer:   people may not read sign-ins and identities.
-- Errors:    PT401 token_invalid, token_expired, token_revoked, user_unknown, user_inactive.
create or replace function claims.resolve_request(p_claims jsonb)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_ours constant boolean := p_claims ->> 'iss' is not distinct from 'voltaro';
    v_tenant_id constant bigint := case
        when p_claims ->> 'tenant_id' ~ '^[0-9]{1,18}$' then (p_claims ->> 'tenant_id')::bigint
    end;
    v_problem text;
    v_jti uuid;
    v_user_id uuid;
    v_provider_audience text;
    v_requires_jti boolean;
    v_person record;
begin
    if v_is_ours then
        v_problem := case
            when not coalesce(pg_input_is_valid(p_claims ->> 'sub', 'uuid'), false) then 'sub'
            when not coalesce(pg_input_is_valid(p_claims ->> 'sid', 'uuid'), false) then 'sid'
            when not coalesce(pg_input_is_valid(p_claims ->> 'jti', 'uuid'), false) then 'jti'
            when v_tenant_id is null then 'tenant_id'
            when not coalesce(p_claims -> 'aud' ? 'voltaro-api', false) then 'aud'
        end;
    else
        select p.audience, p.requires_jti, i.user_id
        into v_provider_audience, v_requires_jti, v_user_id
        from core.identity_providers as p
        left join core.identities as i
            on i.issuer = p.issuer and i.subject = p_claims ->> 'sub'
        where p.issuer = p_claims ->> 'iss' and p.is_active;
        v_problem := case
            when v_provider_audience is null then 'iss'
            when not coalesce(p_claims -> 'aud' ? v_provider_audience, false) then 'aud'
            when v_requires_jti and coalesce(p_claims ->> 'jti', '') = '' then 'jti'
        end;
    end if;
    if jsonb_typeof(p_claims -> 'exp') is distinct from 'number' then
        v_problem := coalesce(v_problem, 'exp');
    end if;

    if v_problem is not null then
        raise exception using
            errcode = 'PT401',
            message = format('the access token is not valid here: claim %s', v_problem),
            detail = '{"error":"token_invalid"}',
            hint = 'Sign in again.';
    end if;
    if (p_claims ->> 'exp')::numeric <= extract(epoch from clock_timestamp()) then
        raise exception using
            errcode = 'PT401',
            message = 'the access token has expired',
            detail = '{"error":"token_expired"}',
            hint = 'Call refresh with the refresh token, or sign in again.';
    end if;

    if v_is_ours then
        v_jti := (p_claims ->> 'jti')::uuid;
        v_user_id := (p_claims ->> 'sub')::uuid;
        select
            m.tenant_id,
            r.audience,
            ls.revoked_at is null and ls.expires_at > now() and rt.jti is null as is_live,
            m.is_active and u.is_active and t.is_active as is_active
        into v_person
        from core.login_sessions as ls
        inner join core.memberships as m
            on m.tenant_id = ls.tenant_id and m.user_id = ls.user_id
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        left join core.revoked_tokens as rt on rt.jti = v_jti
        where
            ls.id = (p_claims ->> 'sid')::uuid
            and ls.user_id = v_user_id
            and ls.tenant_id = v_tenant_id;
    else
        v_jti := encode(
            substr(
                sha256(
                    convert_to(
                        concat_ws(
                            ' ',
                            p_claims ->> 'iss',
                            coalesce(
                                p_claims ->> 'jti',
                                concat_ws(
                                    ' ', p_claims ->> 'sub', p_claims ->> 'iat', p_claims ->> 'exp'
                                )
                            )
                        ),
                        'UTF8'
                    )
                ),
                1, 16
            ),
            'hex'
        )::uuid;
        if v_user_id is null then
            raise exception using
                errcode = 'PT401',
                message = 'nobody here is known by this subject of the issuer',
                detail = '{"error":"user_unknown"}',
                hint = 'Ask an administrator to link your account.';
        end if;
        select
            m.tenant_id,
            r.audience,
            not exists (select from core.revoked_tokens as rt where rt.jti = v_jti) as is_live,
            m.is_active and u.is_active and t.is_active as is_active
        into v_person
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        where m.user_id = v_user_id
        order by
            m.is_active and u.is_active and t.is_active desc,
            m.tenant_id = v_tenant_id desc nulls last,
            m.created_at,
            m.tenant_id
        limit 1;
    end if;

    -- No row: a sign-in of ours is gone, a subject of others is a member of nothing.
    if not coalesce(v_person.is_live, not v_is_ours) then
        raise exception using
            errcode = 'PT401',
            message = 'the sign-in of this access token has ended',
            detail = '{"error":"token_revoked"}',
            hint = 'Sign in again.';
    end if;
    if v_person.is_active is distinct from true then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;

    -- An outside issuer's sid is not one of ours.
    return case when v_is_ours then p_claims else p_claims - 'sid' end || jsonb_build_object(
        'role', v_person.audience,
        'sub', v_user_id,
        'tenant_id', v_person.tenant_id,
        'jti', v_jti
    );
end;
$$;
revoke all on function claims.resolve_request(jsonb) from public;
grant execute on function claims.resolve_request(jsonb)
to anon, authenticated, staff, customer, platform;
comment on function claims.resolve_request(jsonb) is
    'Resolve the claims of a verified token into who that is with us now, or refuse it.';
