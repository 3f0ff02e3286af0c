-- Whether a registered token may charge at a charge point now, without keeping the decision.
--
-- Called by: charging.authorize_id_token, which says what the reasons mean and keeps them, and
--            api.remote_start_transaction, before a driver's command is queued.
-- p_source is 'authorize', 'start' or 'stop'; p_at is the moment the token was shown; p_session_id
-- is the session being started, which does not count against itself.
create or replace function charging.judge_id_token(
    p_charge_point_id bigint,
    p_token core.id_tokens,
    p_source text,
    p_at timestamptz,
    p_session_id bigint,
    out status text,
    out reason text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_token.is_blocked then
        status := 'Blocked';
        reason := 'id_token_blocked';
    elsif p_token.user_id is not null and not exists (
        select
        from core.memberships as m
        inner join core.users as u on u.id = m.user_id
        where m.tenant_id = p_token.tenant_id and m.user_id = p_token.user_id
            and m.is_active and u.is_active
    ) then
        status := 'Blocked';
        reason := 'user_inactive';
    elsif p_at < p_token.valid_from then
        status := 'Expired';
        reason := 'id_token_not_yet_valid';
    elsif p_at >= p_token.expires_at then
        status := 'Expired';
        reason := 'id_token_expired';
    elsif not charging.has_right_at(p_token.tenant_id, p_charge_point_id, p_token) then
        status := 'Blocked';
        reason := 'no_right_here';
    elsif p_source = 'start' and exists (
        select
        from core.charge_points as c
        where c.tenant_id = p_token.tenant_id and c.id = p_charge_point_id
            and c.registration_status <> 'Accepted'
    ) then
        status := 'Invalid';
        reason := 'charge_point_not_accepted';
    elsif p_source = 'start' and p_token.max_concurrent_transactions > 0 and (
        select count(*)
        from core.sessions as s
        where s.tenant_id = p_token.tenant_id and s.id_token_id = p_token.id
            and s.state = 'active'
            and s.authorization_status = 'Accepted'
            and s.id is distinct from p_session_id
    ) >= p_token.max_concurrent_transactions then
        status := 'ConcurrentTx';
        reason := 'too_many_transactions';
    elsif p_source = 'start' and pricing.find_exhausted_budget(
        p_token.tenant_id, p_token.id, p_token.user_id, p_at
    ) is not null then
        status := 'Blocked';
        reason := 'budget_exhausted';
    elsif p_source = 'start' and not billing.has_credit(
        p_token.tenant_id, p_token.id, p_token.user_id, p_at
    ) then
        status := 'Blocked';
        reason := 'no_credit';
    else
        status := 'Accepted';
        reason := 'accepted';
    end if;
end;
$$;
revoke all on function charging.judge_id_token(
    bigint, core.id_tokens, text, timestamptz, bigint
) from public;
comment on function charging.judge_id_token(
    bigint, core.id_tokens, text, timestamptz, bigint
) is 'Whether a registered token may charge at a charge point, and why or why not.';
