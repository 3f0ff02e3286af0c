-- A token is one account's at a moment.
--
-- The exclusion constraint protects the rows; its error would be none of the client's.
-- Called by: trigger contracts__check, before insert or update, for each row.
-- Errors:    PT409 contract_overlaps (its detail has the other one's "contract_id"),
--            account_closed.
-- Definer:   people hold no right to lock a token.
create or replace function billing.tg_contracts__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_other_id bigint;
begin
    -- Contracts of one token wait for each other.
    perform
    from core.id_tokens as t
    where t.tenant_id = new.tenant_id and t.id = new.id_token_id
    for no key update;
    select c.id into v_other_id
    from core.contracts as c
    where
        c.tenant_id = new.tenant_id
        and c.id_token_id = new.id_token_id
        and c.id <> new.id
        and (c.ends_at is null or new.starts_at < c.ends_at)
        and (new.ends_at is null or c.starts_at < new.ends_at)
    limit 1;
    if v_other_id is not null then
        raise exception using
            errcode = 'PT409',
            message = 'the token has another contract at that time',
            detail = json_build_object('error', 'contract_overlaps', 'contract_id', v_other_id),
            hint = 'End the other contract first.';
    end if;
    if tg_op = 'INSERT' and exists (
        select
        from core.accounts as a
        where a.tenant_id = new.tenant_id and a.id = new.account_id and a.state = 'closed'
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the account is closed',
            detail = '{"error":"account_closed"}',
            hint = 'Take another account.';
    end if;
    return new;
end;
$$;
revoke all on function billing.tg_contracts__check() from public;
comment on function billing.tg_contracts__check() is
    'Trigger: a token is one account''s at a moment.';
