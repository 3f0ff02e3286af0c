-- Note why the documents of an invoice could not be made: they are tried again after some
-- minutes, or parked until somebody asks for another attempt (api.retry_documents).
--
-- p_is_final: trying again cannot help, as when they are not valid.
-- Returned:   waiting or parked; null when the attempt is no longer the newest.
-- Security definer: the jobs runner has no right on any table.
-- Called by:  the jobs runner.
-- Writes:     ops.documents_to_make, core.events.
create or replace function jobs.fail_documents(
    p_tenant_id bigint,
    p_invoice_id bigint,
    p_attempt integer,
    p_problem text,
    p_is_final boolean
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_attempts constant integer := access.get_setting('documents.max_attempts')::integer;
begin
    update ops.documents_to_make as d
    set problem = left(p_problem, 2000),
        next_attempt_at = clock_timestamp() + d.attempts * interval '1 minute'
    where
        d.tenant_id = p_tenant_id
        and d.invoice_id = p_invoice_id
        and d.attempts = p_attempt
        and d.parked_at is null;
    if not found then
        return null;
    end if;
    if p_is_final or p_attempt >= v_max_attempts then
        perform billing.park_documents(p_tenant_id, p_invoice_id, left(p_problem, 2000));
        return 'parked';
    end if;
    return 'waiting';
end;
$$;
revoke all on function jobs.fail_documents(bigint, bigint, integer, text, boolean) from public;
grant execute on function jobs.fail_documents(bigint, bigint, integer, text, boolean) to jobs;
comment on function jobs.fail_documents(bigint, bigint, integer, text, boolean) is
    'Note why the documents of an invoice could not be made.';
