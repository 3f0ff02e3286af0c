-- Try a password for an e-mail address, counting failures.
--
-- user_id is null when it does not match. wait_s is set, and nothing was tried, while attempts on
-- this address have to wait: after the free failures each one doubles the wait, from 4 seconds
-- up to the longest lock; a day without failures forgets them. Known and unknown addresses are
-- treated alike, in the count and in the time it takes. The count is by address only: what
-- PostgREST could say of the client's network address is a header that anybody can write.
-- With p_user_id the count is that person's own, apart from what strangers do to the address.
-- Called by: api.login, api.change_password. The caller must not raise after a failure: that would
--            undo the count.
-- Locks:     the row of the count: attempts run one after the other, so that a burst is counted
--            exactly. One that waits for longer than lock_timeout gets wait_s = 1, so that a few
--            addresses cannot hold every connection of the API.
-- Writes:    ops.login_attempts.
create or replace function access.try_password(
    p_email text,
    p_password text,
    p_user_id uuid default null,
    out user_id uuid,
    out wait_s integer
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
    v_email constant text := lower(btrim(p_email));
    v_subject constant bytea := access.hash_token(
        coalesce('password ' || p_user_id, 'login ' || v_email)
    );
    v_attempts ops.login_attempts;
    v_password_hash text;
    v_free constant integer := access.get_setting('access.login_failures_free')::integer;
    v_failures integer;
    v_now timestamptz;
    v_wait interval;
begin
    begin
        -- Again when a right password has deleted the row while this one waited for it.
        loop
            insert into ops.login_attempts (subject_hash)
            values (v_subject)
            on conflict (subject_hash) do nothing;
            select la.*
            into v_attempts
            from ops.login_attempts as la
            where la.subject_hash = v_subject
            for update;
            exit when found;
        end loop;
    exception
        when lock_not_available then
            wait_s := 1;
            return;
    end;

    -- Not now(): the wait for the lock is part of the transaction.
    v_now := clock_timestamp();
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
    update ops.login_attempts as la
    set
        failures = v_failures,
        last_failed_at = v_now,
        locked_until = case when v_failures >= v_free then v_now + v_wait end
    where la.subject_hash = v_subject;
end;
$$;
revoke all on function access.try_password(text, text, uuid) from public;
comment on function access.try_password(text, text, uuid) is
    'Try a password for an e-mail address, counting failures.';
