-- A mandate is what its debtor signed: an IBAN that is one, a date of signature before it may be
-- used, and nothing of it changes afterwards.
--
-- Called by: triggers mandates__check.
-- Errors:    PT400 iban_invalid, mandate_unsigned, mandate_signed_ahead; PT409 mandate_fixed,
--            mandate_over.
-- Definer:   people hold no right on the schema of the check.
create or replace function billing.tg_mandates__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.iban := upper(regexp_replace(new.iban, '\s', '', 'g'));
    if not billing.is_iban(new.iban) then
        raise exception using
            errcode = 'PT400',
            message = 'this is no IBAN: length or check digits are wrong',
            detail = '{"error":"iban_invalid"}',
            hint = 'Ask the account holder for it once more.';
    end if;
    if new.state = 'active' and new.signed_on is null then
        raise exception using
            errcode = 'PT400',
            message = 'a mandate without the date of its signature collects nothing',
            detail = '{"error":"mandate_unsigned"}',
            hint = 'Give signed_on, or leave it pending until it is signed.';
    end if;
    -- Half a day of grace: the debtor may be east of here.
    if new.signed_on > (now() + interval '14 hours')::date then
        raise exception using
            errcode = 'PT400',
            message = 'the date of the signature lies ahead',
            detail = '{"error":"mandate_signed_ahead"}',
            hint = 'Give the day on which it was signed.';
    end if;
    if tg_op = 'INSERT' then
        new.reference := coalesce(new.reference, format('M%s-%s', new.tenant_id, new.id));
    elsif old.state <> 'pending' then
        if old.state <> 'active' and new.state <> old.state then
            raise exception using
                errcode = 'PT409',
                message = format('the mandate is %s for good', old.state),
                detail = '{"error":"mandate_over"}',
                hint = 'Ask for a new mandate.';
        end if;
        if
            (new.iban, new.scheme, new.signed_on, new.account_id, new.reference)
            is distinct from
            (old.iban, old.scheme, old.signed_on, old.account_id, old.reference)
        then
            raise exception using
                errcode = 'PT409',
                message = 'a mandate that was signed stays as it is',
                detail = '{"error":"mandate_fixed"}',
                hint = 'Revoke it and make a new one.';
        end if;
    end if;
    new.revoked_at := case
        when new.state = 'revoked' then coalesce(new.revoked_at, now())
    end;
    return new;
end;
$$;
revoke all on function billing.tg_mandates__check() from public;
comment on function billing.tg_mandates__check() is
    'Trigger: a mandate has a valid IBAN, is signed before it is active, and then stays.';
