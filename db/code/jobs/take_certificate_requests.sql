-- Take the requests of chargers that are due to be signed, oldest first.
--
-- Each is left alone by others for a while that doubles with every attempt (30 seconds to an
-- hour): that is the pause after a failure, and what brings back a request whose runner died.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, which goes on with jobs.judge_certificate_request and
--            jobs.finish_certificate_request.
-- Writes:    core.certificate_requests.
create or replace function jobs.take_certificate_requests(p_limit integer)
returns table (tenant_id bigint, request_id bigint, csr text)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    update core.certificate_requests as r
    set attempts = r.attempts + 1,
        next_attempt_at = now() + least(
            interval '30 seconds' * power(2, least(r.attempts, 10)), interval '1 hour'
        )
    from (
        select
            d.tenant_id,
            d.id
        from core.certificate_requests as d
        where d.state = 'pending' and d.next_attempt_at <= now()
        order by d.next_attempt_at
        limit p_limit
        for update skip locked
    ) as due
    where r.tenant_id = due.tenant_id and r.id = due.id
    returning r.tenant_id, r.id, r.csr;
$$;
revoke all on function jobs.take_certificate_requests(integer) from public;
grant execute on function jobs.take_certificate_requests(integer) to jobs;
comment on function jobs.take_certificate_requests(integer) is
    'Take the requests of chargers that are due to be signed.';
