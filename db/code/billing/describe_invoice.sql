-- Everything that a document of an invoice or credit note needs, a draft's preview too.
--
-- Reads only; no row is null. Amounts are text with exactly the decimals of the currency ("12.50"),
-- rates text without trailing zeros ("19", "5.5"), quantities and unit prices text as exact as
-- they are kept; dates are ISO 8601, moments ISO 8601 in UTC with Z. What is unknown is null.
--
-- {"id", "kind": "invoice" | "credit_note", "occasion", "state", "number" (null: draft),
--  "issued_on", "due_on", "period_from", "period_to" (exclusive), "period_last" (the last day of
--  it), "currency", "decimals", "language", "time_zone" (of the seller), "tax_treatment",
--  "tax_exemption_reason", "payment_method", "payment_reference" (RF, ISO 11649), "note",
--  "reason" (credit note), "credited": {"id", "number", "issued_on"} | null,
--  "account_id", "account_number", "account_name", "customer_number", "buyer_reference",
--  "seller": billing.get_seller, "buyer": billing.get_buyer, both as they were when it was
--  finalised,
--  "mandate": {"reference", "signed_on", "account_holder", "iban" (masked)} | null, for sepa_debit,
--  "totals": {"excl", "vat", "incl", "prepaid" (from wallet or credit), "due" (incl - prepaid)},
--  "taxes": [{"category" (UNTDID 5305), "vat_rate", "excl", "vat", "incl"}], highest rate first,
--  "lines": [{"line", "kind": "transaction" | "fee" | "one_off", "is_credit", "description",
--    "started_at", "ended_at", "quantity", "unit" (UN/ECE 20), "unit_price", "includes_vat",
--    "vat_rate", "category", "excl", "incl", "credited_line",
--    "charged_account": {"id", "number", "name"} | null (collective: who used it),
--    "session": {"transaction_id", "rating_version", "session_id", "reservation_id", "site",
--      "address", "postal_code", "city", "country", "evse_id", "id_token" (all but its last four
--      characters masked), "contract_id", "started_at", "ended_at", "time_zone",
--      "started_local", "ended_local" ("YYYY-MM-DD HH:MM"), "energy_kwh", "charging_s",
--      "parking_s", "reserved_s", "duration_s"} | null}]}
-- Per category and rate the lines' excl sum to that of the taxes, and so do their incl.
-- Called by: the documents of jobs, api views.
-- Errors:    PT404 invoice_unknown.
create or replace function billing.describe_invoice(p_tenant_id bigint, p_invoice_id bigint)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice core.invoices;
    v_decimals integer;
    v_seller jsonb;
    v_buyer jsonb;
    v_prepaid numeric;
begin
    select i.* into v_invoice
    from core.invoices as i
    where i.tenant_id = p_tenant_id and i.id = p_invoice_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such invoice',
            detail = '{"error":"invoice_unknown"}',
            hint = 'Invoices are named by their id.';
    end if;
    v_decimals := pricing.get_currency_decimals(v_invoice.currency);
    v_seller := coalesce(
        v_invoice.seller, billing.get_seller(p_tenant_id, v_invoice.legal_entity_id)
    );
    v_buyer := coalesce(v_invoice.buyer, billing.get_buyer(p_tenant_id, v_invoice.account_id));
    -- Only what the wallet or a credit settled when it was finalised, in that transaction: the
    -- document says nothing that comes later.
    select coalesce(sum(a.amount), 0) into v_prepaid
    from core.allocations as a
    where
        a.tenant_id = p_tenant_id
        and a.invoice_id = p_invoice_id
        and a.created_at <= v_invoice.finalised_at;

    return jsonb_build_object(
        'id', v_invoice.id,
        'kind', v_invoice.kind,
        'occasion', v_invoice.occasion,
        'state', v_invoice.state,
        'number', v_invoice.number,
        'issued_on', v_invoice.issued_on,
        'due_on', v_invoice.due_on,
        'period_from', v_invoice.period_from,
        'period_to', v_invoice.period_to,
        'period_last', v_invoice.period_to - 1,
        'currency', v_invoice.currency,
        'decimals', v_decimals,
        'language', v_invoice.language,
        'time_zone', v_seller -> 'time_zone',
        'tax_treatment', v_invoice.tax_treatment,
        'tax_exemption_reason', v_buyer -> 'tax_exemption_reason',
        'payment_method', v_invoice.payment_method,
        'payment_reference', v_invoice.payment_reference,
        'note', v_invoice.note,
        'reason', v_invoice.reason
    ) || jsonb_build_object(
        'credited', (
            select jsonb_build_object('id', o.id, 'number', o.number, 'issued_on', o.issued_on)
            from core.invoices as o
            where o.tenant_id = p_tenant_id and o.id = v_invoice.credited_invoice_id
        ),
        'account_id', v_invoice.account_id,
        'account_number', v_buyer -> 'account_number',
        'account_name', v_buyer -> 'account_name',
        'customer_number', v_buyer -> 'customer_number',
        'buyer_reference', v_buyer -> 'buyer_reference',
        'seller', v_seller,
        'buyer', v_buyer,
        'mandate', (
            select jsonb_build_object(
                'reference', m.reference,
                'signed_on', m.signed_on,
                'account_holder', m.account_holder,
                'iban', billing.mask_text(m.iban, 4, 4)
            )
            from core.mandates as m
            where
                v_invoice.payment_method = 'sepa_debit'
                and m.tenant_id = p_tenant_id
                and m.account_id = v_invoice.account_id
                and m.state = 'active'
        ),
        'totals', jsonb_build_object(
            'excl', round(v_invoice.total_excl_vat, v_decimals)::text,
            'vat', round(v_invoice.total_vat, v_decimals)::text,
            'incl', round(v_invoice.total_incl_vat, v_decimals)::text,
            'prepaid', round(v_prepaid, v_decimals)::text,
            'due', round(v_invoice.total_incl_vat - v_prepaid, v_decimals)::text
        ),
        'taxes', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'category', x.category,
                        'vat_rate', trim_scale(x.vat_rate)::text,
                        'excl', round(x.amount_excl_vat, v_decimals)::text,
                        'vat', round(x.vat, v_decimals)::text,
                        'incl', round(x.amount_incl_vat, v_decimals)::text
                    )
                    order by x.vat_rate desc, x.category
                ),
                '[]'
            )
            from core.invoice_taxes as x
            where x.tenant_id = p_tenant_id and x.invoice_id = p_invoice_id
        ),
        'lines', billing.describe_invoice_lines(v_invoice, v_decimals)
    );
end;
$$;
revoke all on function billing.describe_invoice(bigint, bigint) from public;
comment on function billing.describe_invoice(bigint, bigint) is
    'Everything that a document of an invoice or credit note needs, as one JSON object.';

-- The lines of an invoice as billing.describe_invoice shows them.
--
-- Called by: billing.describe_invoice.
create or replace function billing.describe_invoice_lines(
    p_invoice core.invoices, p_decimals integer
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'line', l.line,
                'kind', l.kind,
                'is_credit', l.is_credit,
                'description', l.description,
                'started_at', billing.format_moment(l.started_at),
                'ended_at', billing.format_moment(l.ended_at),
                'quantity', trim_scale(l.quantity)::text,
                'unit', l.unit,
                'unit_price', trim_scale(l.unit_price)::text,
                'includes_vat', l.includes_vat,
                'vat_rate', trim_scale(l.vat_rate)::text,
                'category', billing.get_tax_category(p_invoice.tax_treatment, l.vat_rate),
                'excl', round(l.amount_excl_vat, p_decimals)::text,
                'incl', round(l.amount_incl_vat, p_decimals)::text,
                'credited_line', l.credited_line,
                'charged_account', case
                    when a.id is not null
                        then jsonb_build_object('id', a.id, 'number', a.number, 'name', a.name)
                end,
                'session', case
                    when r.transaction_id is not null
                        then jsonb_build_object(
                            'transaction_id', r.transaction_id,
                            'rating_version', r.version,
                            'session_id', t.session_id,
                            'reservation_id', t.reservation_id,
                            'site', r.cdr_head #> '{cdr_location,name}',
                            'address', r.cdr_head #> '{cdr_location,address}',
                            'postal_code', r.cdr_head #> '{cdr_location,postal_code}',
                            'city', r.cdr_head #> '{cdr_location,city}',
                            'country', r.cdr_head #> '{cdr_location,country}',
                            'evse_id', r.cdr_head #> '{cdr_location,evse_id}',
                            'id_token', billing.mask_text(r.cdr_head #>> '{cdr_token,uid}', 0, 4),
                            'contract_id', r.cdr_head #> '{cdr_token,contract_id}',
                            'started_at', billing.format_moment(r.started_at),
                            'ended_at', billing.format_moment(r.ended_at),
                            'time_zone', r.time_zone,
                            'started_local',
                            to_char(r.started_at at time zone r.time_zone, 'YYYY-MM-DD HH24:MI'),
                            'ended_local',
                            to_char(r.ended_at at time zone r.time_zone, 'YYYY-MM-DD HH24:MI'),
                            'energy_kwh', trim_scale(round(r.energy_wh / 1000, 3))::text,
                            'charging_s', r.charging_s,
                            'parking_s', r.parking_s,
                            'reserved_s', r.reserved_s,
                            'duration_s',
                            round(extract(epoch from r.ended_at - r.started_at))
                        )
                end
            )
            order by l.line
        ),
        '[]'
    )
    from core.invoice_lines as l
    left join core.ratings as r
        on
            r.tenant_id = l.tenant_id
            and r.transaction_id = l.transaction_id
            and r.version = l.rating_version
    left join core.transactions as t
        on t.tenant_id = r.tenant_id and t.id = r.transaction_id
    left join core.accounts as a
        on
            a.tenant_id = l.tenant_id
            and a.id = l.charged_account_id
            and a.id <> p_invoice.account_id
    where l.tenant_id = p_invoice.tenant_id and l.invoice_id = p_invoice.id;
$$;
revoke all on function billing.describe_invoice_lines(core.invoices, integer) from public;
comment on function billing.describe_invoice_lines(core.invoices, integer) is
    'The lines of an invoice with their sessions, as billing.describe_invoice shows them.';

-- A moment as documents show it: ISO 8601 in UTC, whole seconds.
--
-- Called by: billing.describe_invoice_lines.
create or replace function billing.format_moment(p_moment timestamptz)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select to_char(p_moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
$$;
revoke all on function billing.format_moment(timestamptz) from public;
comment on function billing.format_moment(timestamptz) is
    'A moment in ISO 8601, in UTC and whole seconds.';
