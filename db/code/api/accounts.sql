-- Accounts of customers, writable.
create or replace view api.accounts
with (security_invoker = true) as
select
    a.tenant_id,
    a.id,
    a.number,
    a.customer_id,
    a.legal_entity_id,
    a.name,
    a.currency,
    a.kind,
    a.payment_method,
    a.credit_limit,
    a.schedule,
    a.payer_account_id,
    a.tax_treatment,
    a.tax_exemption_reason,
    a.payment_terms_days,
    a.grace_days,
    a.is_dunned,
    a.top_up_threshold,
    a.top_up_amount,
    a.state,
    a.state_reason,
    a.created_at,
    a.updated_at
from core.accounts as a;
alter view api.accounts alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, number, customer_id, legal_entity_id, name, currency, kind, payment_method,
    credit_limit, schedule, payer_account_id, tax_treatment, tax_exemption_reason,
    payment_terms_days, grace_days, is_dunned, top_up_threshold, top_up_amount, state,
    state_reason, created_at, updated_at
) on api.accounts to staff, customer, platform;
grant insert (
    tenant_id, number, customer_id, legal_entity_id, name, currency, kind, payment_method,
    credit_limit, schedule, payer_account_id, tax_treatment, tax_exemption_reason,
    payment_terms_days, grace_days, is_dunned, top_up_threshold, top_up_amount, state,
    state_reason
) on api.accounts to staff, platform;
grant update (
    number, legal_entity_id, name, currency, kind, payment_method, credit_limit, schedule,
    payer_account_id, tax_treatment, tax_exemption_reason, payment_terms_days, grace_days,
    is_dunned, top_up_threshold, top_up_amount, state, state_reason
) on api.accounts to staff, platform;
grant delete on api.accounts to staff, platform;

comment on view api.accounts is
    E'What a customer is billed through.\n'
    'Charging is refused while an account or its payer is blocked or closed, a wallet is used up, '
    'or a credit limit is reached. Staff read with billing.read and write with customers.write.';
comment on column api.accounts.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.accounts.id is 'Number of the row.';
comment on column api.accounts.number is 'Account number; made when left out.';
comment on column api.accounts.customer_id is 'Whose it is.';
comment on column api.accounts.legal_entity_id is
    'Who bills it. Left out, it is the tenant''s default; stays once something is in the books.';
comment on column api.accounts.name is 'Name for people, such as a cost centre.';
comment on column api.accounts.currency is
    'Currency (ISO 4217). Left out, it is the legal entity''s; stays once something is in the '
    'books.';
comment on column api.accounts.kind is 'postpaid, or prepaid from a wallet.';
comment on column api.accounts.payment_method is
    'bank_transfer, sepa_debit or card; wallet for prepaid, and for that alone.';
comment on column api.accounts.credit_limit is
    'So much may be open and unbilled, with tax, before charging is refused; null for any amount. '
    'Of a prepaid account: so much more than is in the wallet may be charged; null for nothing.';
comment on column api.accounts.schedule is 'monthly, or session for an invoice after each session.';
comment on column api.accounts.payer_account_id is
    'Another account of the same currency that gets one collective invoice for this one.';
comment on column api.accounts.tax_treatment is
    'standard; exempt with a reason; reverse_charge with a valid VAT id of another country than '
    'the legal entity''s, and standard again when that ends.';
comment on column api.accounts.tax_exemption_reason is 'Why it is exempt, as on the invoice.';
comment on column api.accounts.payment_terms_days is
    'Days after the invoice that it is due; null for the legal entity''s.';
comment on column api.accounts.grace_days is
    'Days that a draft waits; null for the legal entity''s.';
comment on column api.accounts.is_dunned is 'Whether reminders are sent.';
comment on column api.accounts.top_up_threshold is
    'Below so much the wallet is filled up by itself; null for never.';
comment on column api.accounts.top_up_amount is 'By so much.';
comment on column api.accounts.state is 'active, blocked (no charging) or closed.';
comment on column api.accounts.state_reason is 'Why, for people.';
comment on column api.accounts.created_at is 'When the row was made.';
comment on column api.accounts.updated_at is 'When the row was last changed.';
