-- Everything that is known about the person who asks, in their tenant (access.export_person).
--
-- Errors:  PT403 person_required.
-- Definer: people may not read every table that knows them.
-- Source:  GDPR, articles 15 and 20.
create or replace function api.export_my_data()
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set statement_timeout = '60s'
as $$
begin
    perform access.require_person();
    return access.export_person(claims.tenant_id(), claims.user_id());
end;
$$;
revoke all on function api.export_my_data() from public;
grant execute on function api.export_my_data() to staff, customer, platform;
comment on function api.export_my_data() is
    E'Everything that is known about you here, as one JSON document.\n'
    'By table, with what each is for. Readings of sessions and documents of invoices are fetched '
    'with meter_values and invoice_document.';
