-- Delete sign-ups that nobody verified, and what is left of e-mails that are of no more use.
--
-- Somebody who was invited, is known to an outside issuer or has a token or session stays.
-- The token of an e-mail is removed from its row once it was used or has expired; an e-mail that
-- could not be sent for as long as a sign-up may wait is deleted.
-- At most p_limit rows of each kind. Returns how many it were in all.
-- Called by: jobs.expire_records.
-- Writes:    core.users and what hangs on it, ops.outbox.
create or replace function access.expire_people(p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_expired_at constant timestamptz := now() - make_interval(
        days => access.get_setting('access.unverified_user_days')::integer
    );
    v_count bigint;
    v_total bigint := 0;
begin
    delete from core.users as u
    where
        u.id = any (
            array(
                select p.id
                from core.users as p
                where
                    p.is_provisional
                    and p.email_verified_at is null
                    and p.created_at < v_expired_at
                    and not exists (select from core.identities as i where i.user_id = p.id)
                    and not exists (
                        select
                        from core.memberships as m
                        inner join core.id_tokens as it
                            on it.tenant_id = m.tenant_id and it.user_id = m.user_id
                        where m.user_id = p.id
                    )
                    and not exists (
                        select
                        from core.memberships as m
                        inner join core.sessions as s
                            on s.tenant_id = m.tenant_id and s.user_id = m.user_id
                        where m.user_id = p.id
                    )
                limit p_limit
                for update of p skip locked
            )
        );
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;

    update ops.outbox as o
    set
        payload = o.payload - 'token',
        state = case when o.state in ('waiting', 'unknown') then 'dead' else o.state end,
        dead_at = case when o.state in ('waiting', 'unknown') then now() else o.dead_at end,
        last_error = case
            when o.state in ('waiting', 'unknown') then 'its token is over' else o.last_error
        end,
        next_attempt_at = null
    where
        o.id = any (
            array(
                select e.id
                from ops.outbox as e
                left join core.one_time_tokens as ot
                    on ot.token_hash = access.hash_token(e.payload ->> 'token')
                where
                    e.payload ? 'token'
                    and e.state not in ('running', 'asking')
                    and (ot.token_hash is null or ot.used_at is not null or ot.expires_at < now())
                limit p_limit
                for update of e skip locked
            )
        );
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;

    delete from ops.outbox as o
    where
        o.id = any (
            array(
                select e.id
                from ops.outbox as e
                where
                    e.kind = 'email'
                    and (
                        e.state <> 'delivered' and e.created_at < v_expired_at
                        -- Of access.send_nothing: it counted within its hour.
                        or e.payload = '{}' and e.created_at < now() - interval '2 hours'
                    )
                limit p_limit
                for update skip locked
            )
        );
    get diagnostics v_count = row_count;
    return v_total + v_count;
end;
$$;
revoke all on function access.expire_people(integer) from public;
comment on function access.expire_people(integer) is
    'Delete sign-ups that nobody verified, and what is left of e-mails that are of no more use.';
