-- Announce what is to be collected by direct debit now, and put what is pending into batches.
--
-- Writes:  see billing.announce_debits, billing.create_debit_batches.
-- Errors:  PT403 permission_missing, PT404 legal_entity_unknown.
-- Definer: payments and batches are written by functions only.
create or replace function api.create_debit_batch(
    legal_entity bigint default null,
    until date default null
)
returns setof api.debit_batches
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batches bigint[];
begin
    perform access.require_permission('payments.write');
    if
        create_debit_batch.legal_entity is not null
        and not exists (
            select
            from core.legal_entities as l
            where l.tenant_id = claims.tenant_id() and l.id = create_debit_batch.legal_entity
        )
    then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such legal entity',
            detail = '{"error":"legal_entity_unknown"}',
            hint = 'legal_entities lists them.';
    end if;
    perform billing.announce_debits(
        claims.tenant_id(), create_debit_batch.legal_entity, null,
        access.get_setting('bank.max_batch_payments')::integer
    );
    v_batches := billing.create_debit_batches(
        claims.tenant_id(), create_debit_batch.legal_entity, create_debit_batch.until,
        claims.user_id()
    );
    return query
    select b.*
    from api.debit_batches as b
    where b.tenant_id = claims.tenant_id() and b.id = any(v_batches)
    order by b.id;
end;
$$;
revoke all on function api.create_debit_batch(bigint, date) from public;
grant execute on function api.create_debit_batch(bigint, date) to staff, platform;
comment on function api.create_debit_batch(bigint, date) is
    E'Make batches of direct debits now, without waiting for the job.\n'
    'Open invoices that are to be collected are announced first; then what is to be collected by '
    'the day until (all that is pending when left out), of a legal_entity or of all, is put into '
    'batches, one per legal entity, scheme, sequence type and day. Answers these; their files are '
    'made by the jobs runner. Needs the permission payments.write.';
