-- A dunning notice was sent: all that may change is that its fee is waived, once.
--
-- Called by: trigger dunning_notices__keep, before update or delete, for each row.
-- Errors:    PT403 record_append_only.
create or replace function billing.tg_dunning_notices__keep()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_waiver constant text[] := '{waived_at,waived_reason,waived_journal_id}';
begin
    if tg_op = 'UPDATE' then
        if old.waived_at is null and to_jsonb(new) - v_waiver = to_jsonb(old) - v_waiver then
            return new;
        end if;
    end if;
    raise exception using
        errcode = 'PT403',
        message = format('dunning_notices is append-only: no %s', lower(tg_op)),
        detail = '{"error":"record_append_only"}',
        hint = 'A fee is waived with waive_dunning_fee, once.';
end;
$$;
revoke all on function billing.tg_dunning_notices__keep() from public;
comment on function billing.tg_dunning_notices__keep() is
    'Trigger: a dunning notice stays, but that its fee may be waived.';
