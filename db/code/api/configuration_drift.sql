-- Where the configuration of charge points differs from their template, read-only.
--
-- Spaces around the commas of a list make no difference, nor does the case of true and false. A
-- key without a value is as good as empty (OCPP 1.6 §7.29).
create or replace view api.configuration_drift
with (security_invoker = true) as
select
    c.tenant_id,
    c.id as charge_point_id,
    c.configuration_template_id,
    t.key,
    t.value as wanted,
    k.value as actual,
    case
        when k.key is null then 'missing'
        when k.is_unknown then 'unknown'
        when k.is_readonly then 'readonly'
        else 'different'
    end as why,
    k.reported_at
from core.charge_points as c
inner join core.configuration_template_keys as t
    on
        t.tenant_id = c.tenant_id
        and t.configuration_template_id = c.configuration_template_id
left join core.configuration_keys as k
    on
        k.tenant_id = c.tenant_id
        and k.charge_point_id = c.id
        and lower(k.key) = lower(t.key)
where
    k.key is null
    or k.is_unknown
    or regexp_replace(coalesce(k.value, ''), '\s*,\s*', ',', 'g')
    <> regexp_replace(t.value, '\s*,\s*', ',', 'g')
    and not (
        lower(t.value) in ('true', 'false') and lower(k.value) is not distinct from lower(t.value)
    );

grant select (
    tenant_id, charge_point_id, configuration_template_id, key, wanted, actual, why, reported_at
) on api.configuration_drift to staff, platform;

create trigger configuration_drift__refuse_change
instead of insert or update or delete on api.configuration_drift
for each row execute function audit.tg_view__refuse_change();

comment on view api.configuration_drift is
    E'Where the configuration of a charge point differs from the template that it follows.\n'
    'apply_configuration_template sends what is missing or different.';
comment on column api.configuration_drift.tenant_id is 'The tenant that owns the row.';
comment on column api.configuration_drift.charge_point_id is 'The charge point.';
comment on column api.configuration_drift.configuration_template_id is
    'The template that it follows.';
comment on column api.configuration_drift.key is 'The key, as the template writes it.';
comment on column api.configuration_drift.wanted is 'The value that the template wants.';
comment on column api.configuration_drift.actual is 'The value that the charge point last said.';
comment on column api.configuration_drift.why is
    'missing: it has never said anything of the key. different: it has another value. readonly: '
    'it has another value and cannot change it. unknown: it does not know the key.';
comment on column api.configuration_drift.reported_at is 'When it last spoke of the key.';
