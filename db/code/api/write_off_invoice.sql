-- Give up on what is open of an invoice, all of it or a part: nobody asks for it any more.
--
-- Its VAT is not taken back by this: that is the accountant's to decide (post_adjustment).
-- Writes:  core.journals, core.ledger_entries, core.allocations, and what settling writes.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT400 reason_required, amount_invalid,
--          PT409 invoice_not_finalised, invoice_is_credit_note, amount_above_open.
-- Definer: the ledger is written by functions only.
create or replace function api.write_off_invoice(
    invoice bigint, reason text, amount numeric default null
)
returns setof api.invoices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_finalised(invoice, 'payments.write');
    v_open numeric;
    v_amount numeric;
    v_journal_id bigint;
begin
    perform pricing.check_reason(write_off_invoice.reason);
    select o.open_amount into v_open
    from billing.open_items as o
    where o.tenant_id = v_invoice.tenant_id and o.invoice_id = v_invoice.id;
    v_amount := coalesce(write_off_invoice.amount, v_open);
    if
        write_off_invoice.amount = 'NaN'
        or write_off_invoice.amount <= 0
        or v_amount <> round(v_amount, pricing.get_currency_decimals(v_invoice.currency))
    then
        raise exception using
            errcode = 'PT400',
            message = 'the amount has to be one of the currency, above zero',
            detail = '{"error":"amount_invalid"}',
            hint = 'Leave it out to mean all that is open.';
    elsif v_amount > v_open or v_open <= 0 then
        raise exception using
            errcode = 'PT409',
            message = format('%s of the invoice is open', trim_scale(greatest(v_open, 0))),
            detail = '{"error":"amount_above_open"}',
            hint = 'Leave the amount out to mean all that is open.';
    end if;

    v_journal_id := billing.post_journal(
        v_invoice.tenant_id, v_invoice.legal_entity_id, 'write_off',
        -- The account is locked: nobody counts the same.
        (
            select format('%s/%s', v_invoice.id, count(*) + 1)
            from core.allocations as a
            where
                a.tenant_id = v_invoice.tenant_id
                and a.invoice_id = v_invoice.id
                and a.kind = 'write_off'
        ),
        (now() at time zone (v_invoice.seller ->> 'time_zone'))::date,
        v_invoice.currency,
        format('write-off of invoice %s: %s', v_invoice.number, write_off_invoice.reason),
        jsonb_build_array(
            jsonb_build_object('ledger_account', 'write_offs', 'amount', v_amount),
            jsonb_build_object(
                'ledger_account', 'receivables', 'account_id', v_invoice.account_id,
                'amount', - v_amount
            )
        )
    );
    insert into core.allocations (
        tenant_id, invoice_id, account_id, kind, amount, journal_id, created_by
    )
    values (
        v_invoice.tenant_id, v_invoice.id, v_invoice.account_id, 'write_off', v_amount,
        v_journal_id, claims.user_id()
    );
    return query
    select i.*
    from api.invoices as i
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
end;
$$;
revoke all on function api.write_off_invoice(bigint, text, numeric) from public;
grant execute on function api.write_off_invoice(bigint, text, numeric) to staff, platform;
comment on function api.write_off_invoice(bigint, text, numeric) is
    E'Give up on what is open of an invoice: all of it, or amount.\n'
    'It is posted as an expense, with the reason. Needs the permission payments.write.';
