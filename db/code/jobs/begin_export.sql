-- Lock an export that was taken, for the transaction that writes its file.
--
-- Returned:  false when it is no longer this attempt's: somebody else has taken it since.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, which reads the rows (jobs.export_<list>) and calls
--            jobs.finish_export in the same transaction.
create or replace function jobs.begin_export(
    p_tenant_id bigint,
    p_export_id bigint,
    p_attempt integer
)
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Writing a large file out to a slow disk takes longer than other transactions may idle.
    perform set_config('idle_in_transaction_session_timeout', '0', true);
    perform
    from core.exports as e
    where
        e.tenant_id = p_tenant_id
        and e.id = p_export_id
        and e.state = 'running'
        and e.attempts = p_attempt
    for update skip locked;
    return found;
end;
$$;
revoke all on function jobs.begin_export(bigint, bigint, integer) from public;
grant execute on function jobs.begin_export(bigint, bigint, integer) to jobs;
comment on function jobs.begin_export(bigint, bigint, integer) is
    'Lock an export for the transaction that writes its file; false when it is another''s by now.';
