-- Try a parked file of statements again.
--
-- Writes:  core.bank_files.
-- Errors:  PT403 permission_missing, PT404 bank_file_unknown, PT409 bank_file_not_parked.
-- Definer: files are written by functions only.
create or replace function api.retry_bank_file(bank_file bigint)
returns setof api.bank_files
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_file core.bank_files;
begin
    perform access.require_permission('payments.write');
    select f.* into v_file
    from core.bank_files as f
    where f.tenant_id = claims.tenant_id() and f.id = retry_bank_file.bank_file
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such file of statements',
            detail = '{"error":"bank_file_unknown"}',
            hint = 'bank_files lists them.';
    end if;
    if v_file.state <> 'parked' then
        raise exception using
            errcode = 'PT409',
            message = format('the file is %s', v_file.state),
            detail = '{"error":"bank_file_not_parked"}',
            hint = 'Only a parked file is tried again.';
    end if;
    update core.bank_files as f
    set state = 'waiting',
        reason = null,
        problem = null,
        finished_at = null,
        attempts = 0,
        next_attempt_at = now()
    where f.tenant_id = v_file.tenant_id and f.id = v_file.id;
    return query
    select f.* from api.bank_files as f
    where f.tenant_id = v_file.tenant_id and f.id = v_file.id;
end;
$$;
revoke all on function api.retry_bank_file(bigint) from public;
grant execute on function api.retry_bank_file(bigint) to staff, platform;
comment on function api.retry_bank_file(bigint) is
    E'Try a parked file of statements again.\n'
    'bank_file is its id. It helps when what it was parked for has been put right, such as the '
    'IBAN of a legal entity. Needs the permission payments.write.';
