-- Say what is wrong and what is doubtful about a tariff, storing nothing.
--
-- Definer: the private function is nobody else's; it reads no table.
create or replace function api.lint_tariff(tariff jsonb)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return pricing.lint_tariff(lint_tariff.tariff);
end;
$$;
revoke all on function api.lint_tariff(jsonb) from public;
grant execute on function api.lint_tariff(jsonb) to staff, platform;
comment on function api.lint_tariff(jsonb) is
    E'Say what is wrong and what is doubtful about a tariff, storing nothing.\n'
    'tariff is one of OCPI 2.2.1 or 2.3.0, or a list of them. The answer is {"errors": [...], '
    '"warnings": [...]}, each with the JSON path, a rule and a message: with errors a tariff '
    'cannot be priced and put_tariff refuses it; without any, warnings are looked for.';
