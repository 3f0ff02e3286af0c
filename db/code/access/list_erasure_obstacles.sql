-- What is still open with a person, so that they cannot be erased yet: {kind, ...} each.
--
-- running_session, open_transaction (held, or priced and on no invoice), draft_invoice,
-- open_balance (invoices, credit or a wallet), payment_on_its_way.
-- Called by: api.erase_person.
create or replace function access.list_erasure_obstacles(p_tenant_id bigint, p_user_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_accounts constant bigint[] := array(
        select a.id
        from core.customers as c
        inner join core.accounts as a on a.tenant_id = c.tenant_id and a.customer_id = c.id
        -- What a company owes is no matter of the person who looks after it.
        where c.tenant_id = p_tenant_id and c.user_id = p_user_id and c.kind = 'person'
    );
    -- With their cards it was them, whether their name stood at the session or not.
    v_sessions constant bigint[] := array(
        select s.id
        from core.id_tokens as t
        inner join core.sessions as s on s.tenant_id = t.tenant_id and s.id_token_id = t.id
        where t.tenant_id = p_tenant_id and t.user_id = p_user_id and s.user_id is null
    );
begin
    return (
        select coalesce(jsonb_agg(o.obstacle order by o.obstacle ->> 'kind'), '[]')
        from (
            select jsonb_build_object('kind', 'running_session', 'id', s.id) as obstacle
            from core.sessions as s
            where
                s.tenant_id = p_tenant_id
                and (s.user_id = p_user_id or s.id = any (v_sessions))
                and s.state = 'active'
            union all
            select jsonb_build_object('kind', 'open_transaction', 'id', t.id, 'state', t.state)
            from core.transactions as t
            inner join billing.transaction_accounts as x
                on x.tenant_id = t.tenant_id and x.transaction_id = t.id
            where
                t.tenant_id = p_tenant_id
                and (t.user_id = p_user_id or t.session_id = any (v_sessions))
                and (
                    t.state = 'held'
                    -- What nobody pays for is never invoiced.
                    or t.state = 'priced'
                    and x.account_id is not null
                    and not exists (
                        select
                        from core.invoice_lines as l
                        where
                            l.tenant_id = t.tenant_id
                            and l.transaction_id = t.id
                            and l.rating_version = t.rating_version
                    )
                )
            union all
            select jsonb_build_object('kind', 'draft_invoice', 'id', i.id)
            from core.invoices as i
            where
                i.tenant_id = p_tenant_id
                and i.account_id = any (v_accounts)
                and i.state = 'draft'
            union all
            select jsonb_build_object(
                'kind', 'open_balance', 'account_id', e.account_id, 'amount', sum(e.amount)
            )
            from core.ledger_entries as e
            where
                e.tenant_id = p_tenant_id
                and e.account_id = any (v_accounts)
                and e.ledger_account in ('receivables', 'wallets')
            group by e.account_id, e.ledger_account
            having sum(e.amount) <> 0
            union all
            select jsonb_build_object('kind', 'payment_on_its_way', 'id', p.id)
            from core.payments as p
            where
                p.tenant_id = p_tenant_id
                and p.account_id = any (v_accounts)
                and p.state in ('pending', 'submitted', 'unknown')
        ) as o
    );
end;
$$;
revoke all on function access.list_erasure_obstacles(bigint, uuid) from public;
comment on function access.list_erasure_obstacles(bigint, uuid) is
    'What is still open with a person, so that they cannot be erased yet.';
