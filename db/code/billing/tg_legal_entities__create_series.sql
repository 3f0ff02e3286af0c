-- A new legal entity gets the series of its invoices and credit notes.
--
-- Called by: trigger legal_entities__create_series, after insert, for each row.
-- Writes:    core.number_series.
-- Definer:   nobody inserts series.
create or replace function billing.tg_legal_entities__create_series()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.number_series (tenant_id, legal_entity_id, kind, pattern)
    values
        (new.tenant_id, new.id, 'invoice', 'INV-{year}-{number}'),
        (new.tenant_id, new.id, 'credit_note', 'CN-{year}-{number}');
    return null;
end;
$$;
revoke all on function billing.tg_legal_entities__create_series() from public;
comment on function billing.tg_legal_entities__create_series() is
    'Trigger: a new legal entity gets the series of its invoices and credit notes.';
