-- Give a token of Supabase Auth our role and tenant: its "custom access token" hook.
--
-- Supabase Auth sends {"user_id", "claims", "authentication_method"} before it signs a token and
-- takes back {"claims"}, or {"error": {"http_code", "message"}} to sign none. A person with
-- several memberships chooses with `tenant_id` in their user metadata.
-- Called by: Supabase Auth as supabase_auth_admin, whose table auth.users is; elsewhere nobody.
-- Writes:    what access.get_supabase_claims writes.
create or replace function access.supabase_token_hook(p_event jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims jsonb := p_event -> 'claims';
    v_confirmed_email text;
    v_chosen_tenant text := v_claims #>> '{user_metadata,tenant_id}';
    v_ours jsonb;
begin
    -- The e-mail in the claims may be one that nobody has proved to own.
    select u.email
    into v_confirmed_email
    from auth.users as u
    where u.id = (p_event ->> 'user_id')::uuid and u.email_confirmed_at is not null;

    v_ours := access.get_supabase_claims(
        v_claims ->> 'iss',
        coalesce(v_claims #>> '{aud,0}', v_claims ->> 'aud'),
        p_event ->> 'user_id',
        v_confirmed_email,
        case when v_chosen_tenant ~ '^[1-9][0-9]{0,17}$' then v_chosen_tenant::bigint end
    );
    if v_ours is null then
        return jsonb_build_object(
            'error',
            jsonb_build_object(
                'http_code', 403,
                'message', 'this person is not registered here, or has been deactivated'
            )
        );
    end if;
    return jsonb_build_object('claims', v_claims || v_ours);
end;
$$;
revoke all on function access.supabase_token_hook(jsonb) from public;
comment on function access.supabase_token_hook(jsonb) is
    'Give a token of Supabase Auth our role and tenant.';

-- Find out who a subject of Supabase Auth is to us, and as what; null is nobody.
--
-- The first token of a person joins subject and person by the e-mail that Supabase confirmed;
-- from then on the e-mail does not matter. An issuer that an administrator has switched off
-- stays off. At that first token a password chosen before anybody verified the address is
-- discarded.
-- Definer: Supabase's role may not read our tables; it is the authority on who signed in.
-- Writes:    core.identity_providers, core.identities (at the first token), core.users,
--            core.credentials, core.one_time_tokens, core.memberships (accepted_at).
create or replace function access.get_supabase_claims(
    p_issuer text, p_audience text, p_subject text, p_email text, p_tenant_id bigint
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id uuid;
    v_claims jsonb;
begin
    insert into core.identity_providers as p (issuer, audience, requires_jti)
    values (p_issuer, p_audience, false)
    on conflict (issuer) do nothing;

    select i.user_id
    into v_user_id
    from core.identities as i
    where i.issuer = p_issuer and i.subject = p_subject;

    if v_user_id is null then
        insert into core.identities (issuer, subject, user_id)
        select p_issuer, p_subject, u.id
        from core.users as u
        where lower(u.email) = lower(p_email) and u.is_active
        on conflict (issuer, subject) do nothing
        returning identities.user_id into v_user_id;
        perform access.discard_unverified(v_user_id);
        update core.users as u
        set email_verified_at = now()
        where u.id = v_user_id and u.email_verified_at is null;
    end if;

    select jsonb_build_object('role', r.audience, 'tenant_id', m.tenant_id)
    into v_claims
    from core.memberships as m
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = v_user_id
        and m.is_active
        and u.is_active
        and t.is_active
        and exists (
            select
            from core.identity_providers as p
            where p.issuer = p_issuer and p.audience = p_audience and p.is_active
        )
    order by m.tenant_id is distinct from p_tenant_id, m.created_at, m.tenant_id
    limit 1;
    update core.memberships as m
    set accepted_at = now()
    where
        m.user_id = v_user_id
        and m.tenant_id = (v_claims ->> 'tenant_id')::bigint
        and m.accepted_at is null;
    return v_claims;
end;
$$;
revoke all on function access.get_supabase_claims(text, text, text, text, bigint) from public;
comment on function access.get_supabase_claims(text, text, text, text, bigint) is
    'Who a subject of Supabase Auth is to us, and as what.';

do $$
begin
    if exists (select from pg_catalog.pg_roles as r where r.rolname = 'supabase_auth_admin') then
        grant usage on schema access to supabase_auth_admin;
        grant execute on function access.supabase_token_hook(jsonb) to supabase_auth_admin;
        grant execute on function access.get_supabase_claims(text, text, text, text, bigint)
        to supabase_auth_admin;
    end if;
end;
$$;
