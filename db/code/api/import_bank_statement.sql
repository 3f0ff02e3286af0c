-- Keep a file of account statements (CAMT.053 or MT940), the body of the request as it is; the jobs
-- runner books it.
--
-- A file that was imported before is answered with what became of it, and nothing else happens.
-- Writes:  core.bank_files.
-- Errors:  PT403 permission_missing, PT400 statement_empty, PT413 statement_too_large,
--          PT429 statements_too_many.
-- Definer: files are written by functions only.
create or replace function api.import_bank_statement(bytea)
returns setof api.bank_files
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_bytes constant integer := access.get_setting('bank.max_file_bytes')::integer;
    v_max_waiting constant integer := access.get_setting('bank.max_waiting_files')::integer;
    v_sha256 constant text := encode(sha256($1), 'hex');
begin
    perform access.require_permission('payments.write');
    if coalesce(length($1), 0) = 0 then
        raise exception using
            errcode = 'PT400',
            message = 'the request has no body',
            detail = '{"error":"statement_empty"}',
            hint = 'Send the file as it is, with Content-Type: application/octet-stream.';
    end if;
    if length($1) > v_max_bytes then
        raise exception using
            errcode = 'PT413',
            message = format('a file of statements has at most %s bytes', v_max_bytes),
            detail = '{"error":"statement_too_large"}',
            hint = 'Ask the bank for a file per day.';
    end if;
    -- Two who send at once are counted one after the other.
    perform pg_advisory_xact_lock(hashtextextended('bank_files:' || claims.tenant_id(), 0));
    if not exists (
        select from core.bank_files as f
        where f.tenant_id = claims.tenant_id() and f.sha256 = v_sha256
    ) then
        if v_max_waiting <= (
            select count(*)
            from core.bank_files as f
            where f.tenant_id = claims.tenant_id() and f.state = 'waiting'
        ) then
            raise exception using
                errcode = 'PT429',
                message = format('%s files of your tenant are waiting already', v_max_waiting),
                detail = '{"error":"statements_too_many"}',
                hint = 'Wait until they are booked; does the jobs runner run?';
        end if;
        insert into core.bank_files (tenant_id, source, content, sha256, imported_by)
        values (claims.tenant_id(), 'api', $1, v_sha256, claims.user_id())
        on conflict (tenant_id, sha256) do nothing;
    end if;
    return query
    select f.*
    from api.bank_files as f
    where f.tenant_id = claims.tenant_id() and f.sha256 = v_sha256;
end;
$$;
revoke all on function api.import_bank_statement(bytea) from public;
grant execute on function api.import_bank_statement(bytea) to staff, platform;
comment on function api.import_bank_statement(bytea) is
    E'Import a file of account statements: CAMT.053 or MT940.\n'
    'The body is the file as it is, with Content-Type: application/octet-stream. Answers the file; '
    'read bank_files until its state is booked, or parked with the reason. A file that comes again '
    'is answered with what became of it. Needs the permission payments.write.';
