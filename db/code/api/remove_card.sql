-- Take a card off the file: it is not charged any more.
--
-- Writes:  core.cards.
-- Errors:  PT403 permission_missing, PT404 card_unknown.
-- Definer: cards are written by functions only.
create or replace function api.remove_card(card bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if claims.role() is distinct from 'customer' then
        perform access.require_permission('payments.write');
    end if;
    update core.cards as c
    set state = 'removed'
    where
        c.tenant_id = claims.tenant_id()
        and c.id = remove_card.card
        and c.state = 'active'
        and (claims.role() is distinct from 'customer' or c.account_id = any(claims.account_ids()));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such card',
            detail = '{"error":"card_unknown"}',
            hint = 'The view cards lists them.';
    end if;
end;
$$;
revoke all on function api.remove_card(bigint) from public;
grant execute on function api.remove_card(bigint) to staff, customer, platform;
comment on function api.remove_card(bigint) is
    E'Take a card off the file: it is not charged any more.\n'
    'Customers remove their own, staff need payments.write.';
