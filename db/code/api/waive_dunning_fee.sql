-- Do without the fee of a reminder that was not paid yet.
--
-- Writes:  core.dunning_notices, core.journals, core.ledger_entries, and what settling writes.
-- Errors:  PT403 permission_missing, PT404 dunning_notice_unknown, PT400 reason_required,
--          PT409 dunning_fee_none, dunning_fee_waived, dunning_fee_paid.
-- Definer: the ledger is written by functions only.
create or replace function api.waive_dunning_fee(dunning_notice bigint, reason text)
returns setof api.dunning_notices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_notice core.dunning_notices;
    v_invoice core.invoices;
    v_open numeric;
    v_problem text;
    v_journal_id bigint;
begin
    perform access.require_permission('billing.write');
    perform pricing.check_reason(waive_dunning_fee.reason);
    select n.* into v_notice
    from core.dunning_notices as n
    where n.tenant_id = claims.tenant_id() and n.id = waive_dunning_fee.dunning_notice;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such reminder',
            detail = '{"error":"dunning_notice_unknown"}',
            hint = 'Reminders are named by their id in dunning_notices.';
    end if;
    v_invoice := billing.lock_invoice(v_notice.invoice_id, 'billing.write');
    select n.* into v_notice
    from core.dunning_notices as n
    where n.tenant_id = v_notice.tenant_id and n.id = v_notice.id
    for update;
    select o.open_amount into v_open
    from billing.open_items as o
    where o.tenant_id = v_invoice.tenant_id and o.invoice_id = v_invoice.id;
    v_problem := case
        when v_notice.fee = 0 then 'this reminder cost nothing'
        when v_notice.waived_at is not null then 'the fee is waived already'
        when v_open < v_notice.fee then 'the fee is paid already'
    end;
    if v_problem is not null then
        raise exception using
            errcode = 'PT409',
            message = v_problem,
            detail = case v_problem
                when 'this reminder cost nothing' then '{"error":"dunning_fee_none"}'
                when 'the fee is waived already' then '{"error":"dunning_fee_waived"}'
                else '{"error":"dunning_fee_paid"}'
            end,
            hint = 'Only a fee that is open can be waived; one that was paid is refunded.';
    end if;

    v_journal_id := billing.post_journal(
        v_invoice.tenant_id, v_invoice.legal_entity_id, 'adjustment',
        format('waived-fee/%s', v_notice.id),
        (now() at time zone (v_invoice.seller ->> 'time_zone'))::date,
        v_invoice.currency,
        format(
            'fee of reminder %s of %s waived: %s',
            v_notice.level, v_invoice.number, waive_dunning_fee.reason
        ),
        jsonb_build_array(
            jsonb_build_object('ledger_account', 'fee_income', 'amount', v_notice.fee),
            jsonb_build_object(
                'ledger_account', 'receivables', 'account_id', v_invoice.account_id,
                'amount', - v_notice.fee
            )
        )
    );
    update core.dunning_notices as n
    set waived_at = now(),
        waived_reason = btrim(waive_dunning_fee.reason),
        waived_journal_id = v_journal_id
    where n.tenant_id = v_notice.tenant_id and n.id = v_notice.id;
    if v_open = v_notice.fee then
        perform billing.tell_paid(array[v_invoice.tenant_id], array[v_invoice.id]);
    end if;
    return query
    select n.*
    from api.dunning_notices as n
    where n.tenant_id = v_notice.tenant_id and n.id = v_notice.id;
end;
$$;
revoke all on function api.waive_dunning_fee(bigint, text) from public;
grant execute on function api.waive_dunning_fee(bigint, text) to staff, platform;
comment on function api.waive_dunning_fee(bigint, text) is
    E'Do without the fee of a reminder.\n'
    'Only one that is open can be waived; the reason is kept. Needs the permission billing.write.';
