-- Revoke the mandate of a direct debit that was refused or came back for a reason that says that
-- account or mandate are no good; other reasons leave it as it is.
--
-- Called by: billing.apply_bank_match, api.fail_payment.
-- Writes:    core.mandates.
-- Source:    ISO 20022 external return reasons: account wrong, closed, invalid or blocked for
--            debits; no mandate, or the debtor's death.
create or replace function billing.revoke_mandate(
    p_tenant_id bigint, p_mandate_id bigint, p_reason_code text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.mandates as m
    set state = 'revoked'
    where
        m.tenant_id = p_tenant_id
        and m.id = p_mandate_id
        and m.state = 'active'
        and p_reason_code in ('AC01', 'AC04', 'AC06', 'AC13', 'AG01', 'MD01', 'MD07');
end;
$$;
revoke all on function billing.revoke_mandate(bigint, bigint, text) from public;
comment on function billing.revoke_mandate(bigint, bigint, text) is
    'Revoke a mandate whose direct debit was refused because account or mandate are no good.';
