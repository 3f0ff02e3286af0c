-- The bytes of a document by its number.
--
-- Errors:  PT404 document_unknown.
-- Definer: people have no right on the schema that the table is in.
create or replace function api.document(document bigint)
returns api."*/*"
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_document core.documents;
begin
    select d.* into v_document
    from core.documents as d
    where d.id = document and billing.is_document_readable(d.tenant_id, d.account_id);
    return billing.send_document(v_document);
end;
$$;
revoke all on function api.document(bigint) from public;
grant execute on function api.document(bigint) to staff, customer, platform;
comment on function api.document(bigint) is
    E'The bytes of a document.\n'
    'document is its id in documents. The answer has the type and name of the file, whatever the '
    'request accepts.';
