-- Decide whether a token may charge here and now, and keep the decision with its reason.
--
-- Called by: ocpp16.authorize, ocpp16.start_transaction, ocpp16.stop_transaction.
-- Writes:    core.authorizations; core.unknown_id_tokens for a token nobody has registered;
--            ops.id_token_windows.
-- p_source is 'authorize', 'start' or 'stop'; p_at is the moment the token was shown, which an
-- offline charger may report days later; p_session_id is the session being started, which does
-- not count against itself.
--
-- status        reason                   when (the first that holds; OCPP 1.6 §7.2)
-- Invalid       too_many_id_tokens       for Authorize only: charging.take_id_token; not kept.
--                                        A start is recorded and judged whatever was shown
-- Invalid       id_token_malformed       nothing is left of it, or no token can look like this
-- Invalid       id_token_unknown         nobody has registered it
-- Blocked       id_token_blocked         an operator has blocked it
-- Blocked       user_inactive            its owner has left the tenant or is locked
-- Expired       id_token_not_yet_valid   §7.2 has no word for "too early"
-- Expired       id_token_expired
-- Blocked       no_right_here            known but not for this place: "Invalid" is defined as
--                                        unknown, "Blocked" as not allowed for charging
-- Invalid       charge_point_not_accepted  at a start only: its registration is Pending or
--                                        Rejected, when it shall send no request of its own
--                                        (OCPP 1.6 §4.2)
-- ConcurrentTx  too_many_transactions    at a start only, as §7.2 says: a driver who shows the
--                                        card to end a session must not be refused for having
--                                        one; sessions that were refused themselves do not count
-- Blocked       budget_exhausted         at a start only, for the same reason: nothing is left of
--                                        a budget of the token or its person
-- Blocked       no_credit                at a start only: who pays for it is blocked or closed, has
--                                        nothing left in the wallet or reached the credit limit
-- Accepted      accepted
create or replace function charging.authorize_id_token(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_id_token text,
    p_source text,
    p_at timestamptz,
    p_session_id bigint
)
returns core.authorizations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token text := coalesce(charging.clean_id_token(p_id_token), '');
    v_at timestamptz := coalesce(p_at, now());
    v_token core.id_tokens;
    v_status text;
    v_reason text;
    v_authorization core.authorizations;
begin
    if
        p_source = 'authorize'
        and not charging.take_id_token(p_tenant_id, p_charge_point_id, v_id_token)
    then
        -- Nothing is looked up and nothing is kept but the alarm and the message log.
        v_authorization.tenant_id := p_tenant_id;
        v_authorization.charge_point_id := p_charge_point_id;
        v_authorization.id_token := v_id_token;
        v_authorization.source := p_source;
        v_authorization.status := 'Invalid';
        v_authorization.reason := 'too_many_id_tokens';
        v_authorization.decided_at := now();
        return v_authorization;
    end if;
    if p_source = 'start' then
        -- Starts of one token wait for each other here, or two chargers could both count none.
        select t.* into v_token
        from core.id_tokens as t
        where t.tenant_id = p_tenant_id and t.id_token_key = lower(v_id_token)
        for no key update;
    else
        select t.* into v_token
        from core.id_tokens as t
        where t.tenant_id = p_tenant_id and t.id_token_key = lower(v_id_token);
    end if;

    if v_token.id is null then
        v_status := 'Invalid';
        if v_id_token ~ '^[!-~]{1,36}$' then
            v_reason := 'id_token_unknown';
            perform charging.record_unknown_id_token(p_tenant_id, p_charge_point_id, v_id_token);
        else
            v_reason := 'id_token_malformed';
        end if;
    else
        select j.status, j.reason into v_status, v_reason
        from charging.judge_id_token(
            p_charge_point_id, v_token, p_source, v_at, p_session_id
        ) as j;
    end if;

    -- Filed under the time of the decision: what a charger reports may lie where there is no
    -- partition.
    v_authorization.tenant_id := p_tenant_id;
    v_authorization.charge_point_id := p_charge_point_id;
    v_authorization.id_token := v_id_token;
    v_authorization.id_token_id := v_token.id;
    v_authorization.user_id := v_token.user_id;
    v_authorization.source := p_source;
    v_authorization.status := v_status;
    v_authorization.reason := v_reason;
    v_authorization.decided_at := now();
    -- That of a start needs no count: there is one a session, and sessions are counted.
    if
        p_source = 'start'
        or fleet.is_within_volume(p_tenant_id, p_charge_point_id, 'authorizations')
    then
        insert into core.authorizations (
            tenant_id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
            decided_at
        )
        values (
            p_tenant_id, p_charge_point_id, v_id_token, v_token.id, v_token.user_id, p_source,
            v_status, v_reason, v_authorization.decided_at
        )
        returning * into v_authorization;
    end if;
    return v_authorization;
end;
$$;
revoke all on function charging.authorize_id_token(
    bigint, bigint, text, text, timestamptz, bigint
) from public;
comment on function charging.authorize_id_token(
    bigint, bigint, text, text, timestamptz, bigint
) is 'Decide whether a token may charge at a charge point, and keep the decision.';

-- Rights of a token and of its group add up; a token without any may charge everywhere.
create or replace function charging.has_right_at(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_token core.id_tokens
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
    v_matches bigint;
begin
    select
        count(*),
        count(*) filter (where
            exists (
                select
                from core.charge_points as c
                where c.tenant_id = p_tenant_id and c.id = p_charge_point_id
                    and c.site_id = r.site_id
            )
            or exists (
                select
                from core.charge_point_group_members as m
                where m.tenant_id = p_tenant_id and m.charge_point_id = p_charge_point_id
                    and m.charge_point_group_id = r.charge_point_group_id
            )
        )
    into v_count, v_matches
    from core.id_token_rights as r
    where r.tenant_id = p_tenant_id
        and (r.id_token_id = p_token.id or r.id_token_group_id = p_token.id_token_group_id);
    return v_count = 0 or v_matches > 0;
end;
$$;
revoke all on function charging.has_right_at(bigint, bigint, core.id_tokens) from public;
comment on function charging.has_right_at(bigint, bigint, core.id_tokens) is
    'Whether the rights of a token and its group, if any, cover a charge point.';
