-- Try a password for an e-mail address, counting failures.
--
-- user_id is null when it does not match. wait_s is set, and nothing was tried, while attempts on
-- this address have to wait: after the free failures each one doubles the wait, from 4 seconds
-- up to the longest lock; a day without failures forgets them. Known and unknown addresses are
-- treated alike, in the count and in the time it takes. The count is by address only: what
-- PostgREST could say of the client's network address is a header that anybody can write.
-- Called by: api.login, api.change_password. The caller must not raise after a failure: that would
--            undo the count.
-- Locks:     attempts on one address run one after the other, so that a burst is counted exactly.
-- Writes:    ops.login_attempts.
create or replace function access.try_password(
    p_email text, p_password text, out user_id uuid, out wait_s integer
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := lower(btrim(p_email));
    v_subject constant bytea := access.hash_token('login ' || v_email);
    v_attempts ops.login_attempts;
    v_password_hash text;
    v_free constant integer := access.get_setting('access.login_failures_free')::integer;
    v_failures integer;
    v_now timestamptz;
    v_wait interval;
begin
    perform pg_advisory_xact_lock(hashtextextended('access.try_password ' || v_email, 0));

    -- Not now(): the wait for the lock is part of the transaction.
    v_now := clock_timestamp();
    select la.* into v_attempts from ops.login_attempts as la where la.subject_hash = v_subject;
    if v_attempts.locked_until > v_now then
        wait_s := ceil(extract(epoch from v_attempts.locked_until - v_now));
        return;
    end if;

    select u.id, c.password_hash
    into user_id, v_password_hash
    from core.users as u
    inner join core.credentials as c on c.user_id = u.id
    where lower(u.email) = v_email;

    -- Nobody's hash, at the same cost, matches nothing but takes as long.
    v_password_hash := coalesce(
        v_password_hash,
        format(
            '$2a$%s$%s',
            lpad(access.get_setting('access.bcrypt_cost') #>> '{}', 2, '0'),
            repeat('.', 53)
        )
    );
    -- bcrypt ignores what follows byte 72: a longer password was never chosen.
    if
        extensions.crypt(p_password, v_password_hash) is distinct from v_password_hash
        or octet_length(p_password) > 72
    then
        user_id := null;
    end if;

    if user_id is not null then
        delete from ops.login_attempts as la where la.subject_hash = v_subject;
        return;
    end if;

    v_failures := 1 + case
        when v_attempts.last_failed_at > v_now - interval '1 day'
            then v_attempts.failures
        else 0
    end;
    v_wait := least(
        make_interval(secs => power(2, least(v_failures - v_free, 20) + 2)),
        make_interval(mins => access.get_setting('access.login_lock_minutes_max')::integer)
    );
    insert into ops.login_attempts as la (subject_hash, failures, last_failed_at, locked_until)
    values (
        v_subject,
        v_failures,
        v_now,
        case when v_failures >= v_free then v_now + v_wait end
    )
    on conflict (subject_hash) do update set
        failures = excluded.failures,
        last_failed_at = excluded.last_failed_at,
        locked_until = excluded.locked_until;
end;
$$;
revoke all on function access.try_password(text, text) from public;
comment on function access.try_password(text, text) is
    'Try a password for an e-mail address, counting failures.';
