-- Make a one-off invoice of an account: a draft, which somebody finalises.
--
-- Writes:  core.invoices, core.invoice_lines, core.invoice_taxes.
-- Errors:  PT403 permission_missing, PT404 account_unknown, PT409 account_closed,
--          PT400 invoice_lines_invalid.
-- Definer: invoices are written by functions only.
create or replace function api.create_invoice(
    account bigint, lines jsonb, note text default null
)
returns setof api.invoices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account core.accounts;
    v_language text;
    v_invoice core.invoices;
begin
    perform access.require_permission('billing.write');
    select a.* into v_account
    from core.accounts as a
    where a.tenant_id = claims.tenant_id() and a.id = create_invoice.account
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such account',
            detail = '{"error":"account_unknown"}',
            hint = 'Accounts are named by their id.';
    elsif v_account.state = 'closed' then
        raise exception using
            errcode = 'PT409',
            message = format('account %s is closed', v_account.number),
            detail = '{"error":"account_closed"}',
            hint = 'Open it again, or bill another account.';
    end if;
    select c.language into v_language
    from core.customers as c
    where c.tenant_id = v_account.tenant_id and c.id = v_account.customer_id;

    insert into core.invoices (
        tenant_id, legal_entity_id, account_id, kind, occasion, currency, tax_treatment,
        payment_method, language, note, created_by
    )
    values (
        v_account.tenant_id, v_account.legal_entity_id, v_account.id, 'invoice', 'one_off',
        v_account.currency, v_account.tax_treatment, v_account.payment_method, v_language,
        create_invoice.note, claims.user_id()
    )
    returning * into v_invoice;
    perform billing.write_draft_lines(v_invoice, create_invoice.lines);
    return query
    select i.*
    from api.invoices as i
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
end;
$$;
revoke all on function api.create_invoice(bigint, jsonb, text) from public;
grant execute on function api.create_invoice(bigint, jsonb, text) to staff, platform;
comment on function api.create_invoice(bigint, jsonb, text) is
    E'Make a one-off invoice of an account, as a draft.\n'
    'lines is a list of {"description", "quantity" (1), "unit" (C62, a code of UN/ECE '
    'recommendation 20), "unit_price", "includes_vat" (false), "vat_rate" (that of the legal '
    'entity)}. The draft is its own preview: change it with update_draft, issue it with '
    'finalise_invoice. Needs the permission billing.write.';
