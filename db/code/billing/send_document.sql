-- Answer a request with the bytes of a document, under its own type and name.
--
-- A browser shows it or keeps it; nobody else keeps a copy on the way.
-- Called by: api.document, api.invoice_document.
-- Errors:    PT404 document_unknown, when there is none.
create or replace function billing.send_document(p_document core.documents)
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_document.id is null then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such document',
            detail = '{"error":"document_unknown"}',
            hint = 'documents lists those that you may read.';
    end if;
    perform set_config(
        'response.headers',
        json_build_array(
            json_build_object('Content-Type', p_document.content_type),
            json_build_object(
                'Content-Disposition', format('inline; filename="%s"', p_document.file_name)
            ),
            json_build_object('Cache-Control', 'private, no-store'),
            json_build_object('X-Content-Type-Options', 'nosniff')
        )::text,
        true
    );
    return p_document.content;
end;
$$;
revoke all on function billing.send_document(core.documents) from public;
comment on function billing.send_document(core.documents) is
    'Answer a request with the bytes of a document, under its own type and name.';

-- Whether the person who is asking may read a document: the policies of core.documents, for
-- functions that act as the owner.
--
-- Called by: api.document, api.invoice_document.
create or replace function billing.is_document_readable(p_tenant_id bigint, p_account_id bigint)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case claims.role()
        when 'platform' then true
        when 'staff'
            then p_tenant_id = claims.tenant_id() and claims.has_permission('billing.read')
        when 'customer'
            then p_tenant_id = claims.tenant_id() and p_account_id = any(claims.account_ids())
        else false
    end;
$$;
revoke all on function billing.is_document_readable(bigint, bigint) from public;
comment on function billing.is_document_readable(bigint, bigint) is
    'Whether the person who is asking may read a document of such an account.';
