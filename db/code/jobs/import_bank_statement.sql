-- Keep a file of statements that the runner found in its folder; it is booked next.
--
-- p_tenant: the slug of the tenant whose folder it lay in.
-- Returns:  imported, known (it is here already), or why it is refused: tenant_unknown,
--           statement_empty, statement_too_large.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.bank_files.
create or replace function jobs.import_bank_statement(
    p_tenant text,
    p_file_name text,
    p_content bytea
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := (select t.id from core.tenants as t where t.slug = p_tenant);
begin
    if v_tenant_id is null then
        return 'tenant_unknown';
    elsif length(p_content) = 0 then
        return 'statement_empty';
    elsif length(p_content) > access.get_setting('bank.max_file_bytes')::integer then
        return 'statement_too_large';
    end if;
    insert into core.bank_files (tenant_id, source, file_name, content, sha256)
    values (
        v_tenant_id, 'folder', left(p_file_name, 200), p_content,
        encode(sha256(p_content), 'hex')
    )
    on conflict (tenant_id, sha256) do nothing;
    return case when found then 'imported' else 'known' end;
end;
$$;
revoke all on function jobs.import_bank_statement(text, text, bytea) from public;
grant execute on function jobs.import_bank_statement(text, text, bytea) to jobs;
comment on function jobs.import_bank_statement(text, text, bytea) is
    'Keep a file of statements that lay in a tenant''s folder; says what became of it.';
