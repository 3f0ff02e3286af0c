-- Answer an attempt to guess a password that has to wait: 429 with Retry-After.
create or replace function access.refuse_attempt(p_wait_s integer)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return access.refuse_request(
        429,
        'too many failed attempts',
        '{"error":"too_many_attempts"}',
        format('Try again in %s seconds.', p_wait_s),
        format('[{"Retry-After": "%s"}]', p_wait_s)
    );
end;
$$;
revoke all on function access.refuse_attempt(integer) from public;
comment on function access.refuse_attempt(integer) is
    'Answer an attempt to guess a password that has to wait: 429 with Retry-After.';
