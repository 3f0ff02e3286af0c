-- Whose a transaction is: the one home of that rule.
create or replace view billing.transaction_accounts as
select
    t.tenant_id,
    t.id as transaction_id,
    a.id as account_id,
    coalesce(a.payer_account_id, a.id) as payer_account_id,
    p.legal_entity_id
from core.transactions as t
left join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
left join core.reservations as v on v.tenant_id = t.tenant_id and v.id = t.reservation_id
left join core.contracts as k
    on k.tenant_id = t.tenant_id
    and k.id_token_id = coalesce(s.id_token_id, v.id_token_id)
    and k.starts_at <= coalesce(t.started_at, s.started_at, v.created_at)
    and (k.ends_at is null or k.ends_at > coalesce(t.started_at, s.started_at, v.created_at))
left join core.customers as c
    on c.tenant_id = t.tenant_id and c.user_id = t.user_id and k.id is null
left join core.accounts as o
    on o.tenant_id = c.tenant_id
    and o.customer_id = c.id
    and o.state = 'active'
    and not exists (
        select
        from core.accounts as other
        where
            other.tenant_id = o.tenant_id
            and other.customer_id = o.customer_id
            and other.state = 'active'
            and other.id <> o.id
    )
-- By key, one by one: joined, and without statistics (a new installation's first month), they are
-- read for each transaction all of a tenant's.
left join lateral (
    select x.id, x.payer_account_id
    from core.accounts as x
    where x.tenant_id = t.tenant_id and x.id = coalesce(k.account_id, o.id)
    limit 1
) as a on true
left join lateral (
    select x.legal_entity_id
    from core.accounts as x
    where x.tenant_id = t.tenant_id and x.id = coalesce(a.payer_account_id, a.id)
    limit 1
) as p on true;
comment on view billing.transaction_accounts is
    E'Whose a transaction is, one row each: the account of its token''s contract when it began, '
    'else the only active account of the customer that the person is; null when nobody''s.\n'
    'payer_account_id pays for that account, legal_entity_id bills the payer.';
comment on column billing.transaction_accounts.account_id is
    'The account that used it; null when it is nobody''s.';
comment on column billing.transaction_accounts.payer_account_id is
    'The account that pays: another one for a collective invoice.';
comment on column billing.transaction_accounts.legal_entity_id is 'Who bills the payer.';
