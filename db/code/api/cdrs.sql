-- Charge detail records in the form of OCPI, a view of the ratings, read-only.
--
-- A CDR is never changed (OCPI 2.2.1 mod_cdrs, credit CDRs): each rating is one, and one that a
-- newer rating or a write-off took the place of has a credit CDR beside it, its total negative.
-- What is written off stays credited, whatever becomes of it. Volumes and amounts of single lines
-- are rounded to four decimals, the digits of an OCPI number.
create or replace view api.cdrs
with (security_invoker = true) as
select
    r.tenant_id,
    format('%s-%s%s', t.id, r.version, case when k.is_credit then '-C' end) as id,
    r.transaction_id,
    r.version,
    k.is_credit,
    f.is_credited,
    r.started_at,
    r.ended_at,
    k.issued_at,
    h.head
    -- Its list of token types has no EMAID.
    || case
        when h.head #>> '{cdr_token,type}' = 'EMAID'
            then jsonb_build_object('cdr_token', h.head -> 'cdr_token' || '{"type": "OTHER"}')
        else '{}'
    end
    || (h.body || jsonb_build_object(
        'tariffs', coalesce(d.tariffs_2_2_1, '[]'),
        'total_cost', jsonb_strip_nulls(jsonb_build_object(
            'excl_vat', k.sign * coalesce(r.total_excl_vat, r.total_incl_vat),
            'incl_vat', k.sign * r.total_incl_vat
        ))
    ))
    || coalesce(c.costs_2_2_1, '{}') as cdr_2_2_1,
    h.head
    || (h.body || jsonb_build_object(
        'tariffs', coalesce(d.tariffs_2_3_0, '[]'),
        'total_cost', jsonb_build_object(
            'before_taxes', k.sign * coalesce(r.total_excl_vat, r.total_incl_vat),
            'taxes', array(
                select jsonb_build_object(
                    'name', 'VAT',
                    'percentage', x.tax -> 'vat',
                    'amount', k.sign * (x.tax ->> 'tax')::numeric
                )
                from jsonb_array_elements(r.result -> 'taxes') with ordinality as x (tax, no)
                -- Where no rate is known, no tax is.
                where x.tax ->> 'vat' is not null
                order by x.no
            )
        )
    ))
    || coalesce(c.costs_2_3_0, '{}') as cdr_2_3_0
from core.ratings as r
inner join core.transactions as t on t.tenant_id = r.tenant_id and t.id = r.transaction_id
inner join core.tenants as n on n.id = r.tenant_id
left join core.ratings as a
    on
        a.tenant_id = r.tenant_id
        and a.transaction_id = r.transaction_id
        and a.version = r.version + 1
cross join lateral (
    select
        a.version is not null or coalesce(r.version = t.written_off_version, false)
            as is_credited
) as f
cross join lateral (
    select false as is_credit, 1 as sign, r.rated_at as issued_at
    union all
    select
        true,
        -1,
        case when r.version = t.written_off_version then t.written_off_at else a.rated_at end
    where f.is_credited
) as k
left join core.tariff_versions as v
    on v.tenant_id = r.tenant_id and v.id = r.tariff_version_id
left join core.tariffs as w on w.tenant_id = v.tenant_id and w.id = v.tariff_id
cross join lateral (
    select
        jsonb_build_object(
            'country_code', n.country_code,
            'party_id', n.party_id,
            'id', format('%s-%s%s', t.id, r.version, case when k.is_credit then '-C' end),
            -- To the millisecond: a moment of OCPI has 25 characters at most.
            'start_date_time', left(rtrim(r.session ->> 'start_date_time', 'Z'), 23) || 'Z',
            'end_date_time', left(rtrim(r.session ->> 'end_date_time', 'Z'), 23) || 'Z'
        )
        || r.cdr_head as head,
        jsonb_build_object(
            'currency', r.currency,
            'charging_periods', array(
                select jsonb_strip_nulls(jsonb_build_object(
                    'start_date_time',
                    left(rtrim(p.period ->> 'start_date_time', 'Z'), 23) || 'Z',
                    'tariff_id', coalesce(p.period ->> 'tariff_id', w.tariff_id),
                    'dimensions', array(
                        select jsonb_build_object(
                            'type', m.dimension -> 'type',
                            'volume', trim_scale(round((m.dimension ->> 'volume')::numeric, 4))
                        )
                        from jsonb_array_elements(p.period -> 'dimensions')
                        with ordinality as m (dimension, no)
                        order by m.no
                    )
                ))
                from jsonb_array_elements(r.session -> 'charging_periods')
                with ordinality as p (period, no)
                order by p.no
            ),
            'total_energy', trim_scale(round(r.energy_wh / 1000, 4)),
            'total_time', trim_scale(round((r.charging_s + r.parking_s) / 3600, 4)),
            'total_parking_time', trim_scale(round(r.parking_s / 3600, 4)),
            'last_updated',
            to_char(k.issued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        )
        || case
            when k.is_credit
                then jsonb_build_object(
                    'credit', true, 'credit_reference_id', format('%s-%s', t.id, r.version)
                )
            else '{}'
        end as body
) as h
left join lateral (
    select
        jsonb_object_agg(
            g.name,
            jsonb_strip_nulls(jsonb_build_object(
                'excl_vat', coalesce(g.cost_excl, g.cost_incl), 'incl_vat', g.cost_incl
            ))
        ) as costs_2_2_1,
        jsonb_object_agg(
            g.name,
            jsonb_build_object(
                'before_taxes', coalesce(g.cost_excl, g.cost_incl),
                'taxes', case
                    when g.cost_incl > g.cost_excl
                        then jsonb_build_array(jsonb_build_object(
                            'name', 'VAT', 'amount', g.cost_incl - g.cost_excl
                        ))
                    else '[]'
                end
            )
        ) as costs_2_3_0
    from (
        select
            case l.bucket
                when 'ENERGY' then 'total_energy_cost'
                when 'TIME' then 'total_time_cost'
                when 'PARKING_TIME' then 'total_parking_cost'
                when 'FLAT' then 'total_fixed_cost'
                else 'total_reservation_cost'
            end as name,
            trim_scale(round(sum(l.cost_excl), 4)) as cost_excl,
            trim_scale(round(sum(l.cost_incl), 4)) as cost_incl
        from jsonb_to_recordset(r.result -> 'lines') as l (
            bucket text, cost_excl numeric, cost_incl numeric
        )
        group by 1
    ) as g
) as c on true
-- The document of another version of OCPI differs by the names within the limits, and by
-- tax_included.
left join lateral (
    select
        -- Prices with their tax in them are none of 2.2.1: no tariff is better than another one.
        case when b.document ->> 'tax_included' = 'YES' then '[]' else jsonb_build_array(
            (b.document - '{tax_included,min_price,max_price}'::text[])
            || jsonb_strip_nulls(jsonb_build_object(
                'min_price', case
                    when b.document ? 'min_price'
                        then jsonb_build_object(
                            'excl_vat', coalesce(
                                b.document #> '{min_price,excl_vat}',
                                b.document #> '{min_price,before_taxes}'
                            ),
                            'incl_vat', coalesce(
                                b.document #> '{min_price,incl_vat}',
                                b.document #> '{min_price,after_taxes}'
                            )
                        )
                end,
                'max_price', case
                    when b.document ? 'max_price'
                        then jsonb_build_object(
                            'excl_vat', coalesce(
                                b.document #> '{max_price,excl_vat}',
                                b.document #> '{max_price,before_taxes}'
                            ),
                            'incl_vat', coalesce(
                                b.document #> '{max_price,incl_vat}',
                                b.document #> '{max_price,after_taxes}'
                            )
                        )
                end
            ))
        ) end as tariffs_2_2_1,
        jsonb_build_array(
            (b.document - '{min_price,max_price}'::text[])
            || jsonb_strip_nulls(jsonb_build_object(
                'tax_included', coalesce(b.document ->> 'tax_included', 'NO'),
                'min_price', case
                    when b.document ? 'min_price'
                        then jsonb_build_object(
                            'before_taxes', coalesce(
                                b.document #> '{min_price,before_taxes}',
                                b.document #> '{min_price,excl_vat}'
                            ),
                            'after_taxes', coalesce(
                                b.document #> '{min_price,after_taxes}',
                                b.document #> '{min_price,incl_vat}'
                            )
                        )
                end,
                'max_price', case
                    when b.document ? 'max_price'
                        then jsonb_build_object(
                            'before_taxes', coalesce(
                                b.document #> '{max_price,before_taxes}',
                                b.document #> '{max_price,excl_vat}'
                            ),
                            'after_taxes', coalesce(
                                b.document #> '{max_price,after_taxes}',
                                b.document #> '{max_price,incl_vat}'
                            )
                        )
                end
            ))
        ) as tariffs_2_3_0
    from (
        select
            jsonb_build_object(
                'country_code', n.country_code,
                'party_id', n.party_id,
                'id', w.tariff_id,
                'last_updated',
                to_char(v.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            )
            || v.document as document
    ) as b
) as d on v.id is not null;

grant select (
    tenant_id, id, transaction_id, version, is_credit, is_credited, started_at, ended_at,
    issued_at, cdr_2_2_1, cdr_2_3_0
) on api.cdrs to staff, customer, platform;

create trigger cdrs__refuse_change
instead of insert or update or delete on api.cdrs
for each row execute function audit.tg_view__refuse_change();

comment on view api.cdrs is
    E'Charge detail records in the form of OCPI 2.2.1 and 2.3.0.\n'
    'Each rating of a transaction is one. One that a newer rating or a write-off took the place of '
    'is credited: a credit CDR stands beside it. What is not known of a place, such as the '
    'coordinates of a site, is left out.';
comment on column api.cdrs.tenant_id is 'The tenant that owns the row.';
comment on column api.cdrs.id is 'Id of the CDR; that of a credit CDR ends in -C.';
comment on column api.cdrs.transaction_id is 'The transaction.';
comment on column api.cdrs.version is 'The version of its rating.';
comment on column api.cdrs.is_credit is 'Whether this is a credit CDR.';
comment on column api.cdrs.is_credited is 'Whether there is a credit CDR for it.';
comment on column api.cdrs.started_at is 'When the session began.';
comment on column api.cdrs.ended_at is 'When it ended.';
comment on column api.cdrs.issued_at is 'Since when the CDR exists: last_updated of OCPI.';
comment on column api.cdrs.cdr_2_2_1 is 'The CDR as OCPI 2.2.1 has it.';
comment on column api.cdrs.cdr_2_3_0 is 'The CDR as OCPI 2.3.0 has it.';
