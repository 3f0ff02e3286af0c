-- List the files of exports that are needed: the others may be deleted.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
create or replace function jobs.list_export_files()
returns table (tenant_id bigint, export_id bigint, attempt integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        e.tenant_id,
        e.id,
        e.attempts
    from core.exports as e
    where e.state = 'running' or e.state = 'ready' and e.expires_at > now();
$$;
revoke all on function jobs.list_export_files() from public;
grant execute on function jobs.list_export_files() to jobs;
comment on function jobs.list_export_files() is
    'List the files of exports that are needed: the others may be deleted.';
