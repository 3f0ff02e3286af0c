-- Choose the tariff of a session that begins, and again when what the choice hangs on changes.
--
-- A start that is heard after its stop, or readings of an orphan, tell place, token or begin only
-- later. Once the session has a price, the tariff of that price stays.
-- Called by: trigger sessions__choose_tariff, after insert, and sessions__choose_tariff_again,
--            after update of place, token, person or begin, for each row.
-- Writes:    core.session_tariffs.
create or replace function pricing.tg_sessions__choose_tariff()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        tg_op = 'UPDATE'
        and exists (
            select
            from core.transactions as t
            where
                t.tenant_id = new.tenant_id
                and t.session_id = new.id
                and t.rating_version is not null
        )
    then
        return null;
    end if;
    perform pricing.set_session_tariff(new);
    return null;
end;
$$;
revoke all on function pricing.tg_sessions__choose_tariff() from public;
comment on function pricing.tg_sessions__choose_tariff() is
    'Trigger: choose the tariff of a session, until it has a price.';
