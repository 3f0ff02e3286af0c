-- The start that a document asks for: its start_date_time, which in the past counts for the first
-- version of a tariff only. Later ones repeat it, and would rewrite what sessions paid.
--
-- Called by: api.put_tariff.
create or replace function pricing.judge_tariff_start(p_tariff core.tariffs, p_document jsonb)
returns timestamptz
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_asked constant timestamptz := pricing.parse_moment(p_document ->> 'start_date_time');
begin
    if
        v_asked <= now()
        and exists (
            select
            from core.tariff_versions as v
            where v.tenant_id = p_tariff.tenant_id and v.tariff_id = p_tariff.id
        )
    then
        return null;
    end if;
    return v_asked;
end;
$$;
revoke all on function pricing.judge_tariff_start(core.tariffs, jsonb) from public;
comment on function pricing.judge_tariff_start(core.tariffs, jsonb) is
    'The moment from which a document asks to be valid; null when it asks for none that counts.';
