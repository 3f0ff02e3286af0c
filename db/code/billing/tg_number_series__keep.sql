-- A series is numbered in one way for a whole year: what was given out could come again otherwise.
--
-- Called by: trigger number_series__keep, before update of pattern or width, for each row.
-- Errors:    PT409 number_series_used.
-- Definer:   people may not read the counters.
create or replace function billing.tg_number_series__keep()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        (new.pattern, new.width) is distinct from (old.pattern, old.width)
        and exists (
            select
            from core.number_counters as c
            inner join core.legal_entities as e
                on e.tenant_id = c.tenant_id and e.id = c.legal_entity_id
            where
                c.tenant_id = new.tenant_id
                and c.legal_entity_id = new.legal_entity_id
                and c.kind = new.kind
                and c.last_number > 0
                and c.year >= extract(year from now() at time zone e.time_zone)
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'numbers of this year were given out already',
            detail = '{"error":"number_series_used"}',
            hint = 'Change the series before the first invoice of a year.';
    end if;
    return new;
end;
$$;
revoke all on function billing.tg_number_series__keep() from public;
comment on function billing.tg_number_series__keep() is
    'Trigger: a series is numbered in one way for a whole year.';
