-- What of an invoice a credit note takes back: of each line its number and the amount, in the side
-- that is authoritative for it (the gross where includes_vat).
--
-- p_lines:  [{"line", "amount"?: all that is left of it}]; null for everything that is left.
-- p_amount: instead of lines a gross amount, spread over what is left of the lines in proportion;
--           of lines with net prices the net follows from it, so that the credit note may be a cent
--           off.
-- Left of a line is what no credit note took back before, drafts of a billing run included.
-- Called by: api.credit_invoice, which has locked the invoice.
-- Errors:    PT400 invoice_lines_invalid with path and reason, PT409 credit_too_high.
create or replace function billing.read_credit_lines(
    p_invoice core.invoices, p_lines jsonb, p_amount numeric
)
returns table (line integer, amount numeric, is_whole boolean)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_decimals constant integer := pricing.get_currency_decimals(p_invoice.currency);
    v_lines integer[];
    v_left numeric[];
    v_wholes numeric[];
    v_gross numeric[];
    v_rates numeric[];
    v_shares numeric[];
    v_entry jsonb;
    v_no integer := 0;
    v_place integer;
    v_amount numeric;
begin
    select
        array_agg(v.line order by v.line),
        array_agg(v.whole - v.credited order by v.line),
        array_agg(v.whole order by v.line),
        array_agg(
            case
                when v.includes_vat then v.whole - v.credited
                else round((v.whole - v.credited) * (100 + v.vat_rate) / 100, v_decimals)
            end
            order by v.line
        ),
        array_agg(case when v.includes_vat then 0 else v.vat_rate end order by v.line)
    into v_lines, v_left, v_wholes, v_gross, v_rates
    from (
        select
            l.line,
            l.includes_vat,
            l.vat_rate,
            case when l.includes_vat then l.amount_incl_vat else l.amount_excl_vat end as whole,
            (
                select
                    coalesce(sum(
                        case when b.includes_vat then b.amount_incl_vat else b.amount_excl_vat end
                    ), 0)
                from core.invoices as n
                inner join core.invoice_lines as b
                    on b.tenant_id = n.tenant_id and b.invoice_id = n.id
                where
                    n.tenant_id = l.tenant_id
                    and n.credited_invoice_id = l.invoice_id
                    and b.credited_line = l.line
            ) as credited
        from core.invoice_lines as l
        where l.tenant_id = p_invoice.tenant_id and l.invoice_id = p_invoice.id
    ) as v
    where v.whole > v.credited;

    if p_lines is null and p_amount is null then
        return query
        select u.line, u.amount, u.amount = u.whole
        from unnest(v_lines, v_left, v_wholes) as u (line, amount, whole);
    elsif p_lines is null then
        if
            p_amount = 'NaN'
            or p_amount <= 0
            or p_amount <> round(p_amount, v_decimals)
        then
            perform billing.refuse_lines('amount', 'an amount of the currency above zero');
        elsif coalesce(p_amount > (select sum(u.gross) from unnest(v_gross) as u (gross)), true) then
            perform billing.refuse_credit();
        end if;
        v_shares := pricing.apportion(p_amount, v_gross, v_decimals);
        return query
        select v.line, v.amount, v.amount = v.whole
        from (
            select
                u.line,
                u.whole,
                least(u.whole_left, round(u.share * 100 / (100 + u.vat_rate), v_decimals))
                    as amount
            from unnest(v_lines, v_left, v_wholes, v_shares, v_rates) as u (
                line, whole_left, whole, share, vat_rate
            )
        ) as v
        where v.amount > 0;
    elsif p_amount is not null or jsonb_typeof(p_lines) <> 'array' then
        perform billing.refuse_lines('lines', 'a list of lines, or amount, and not both');
    else
        -- A loop: the first line that is wrong is what the caller hears of.
        for v_entry in select e.entry from jsonb_array_elements(p_lines) as e (entry) loop
            if
                coalesce(v_entry ->> 'line', '') !~ '^[0-9]{1,6}$'
                or exists (
                    select
                    from jsonb_array_elements(p_lines) with ordinality as e (entry, place)
                    where e.place <= v_no and e.entry ->> 'line' = v_entry ->> 'line'
                )
            then
                perform billing.refuse_lines(
                    format('lines/%s/line', v_no), 'the number of a line, each once'
                );
            end if;
            v_place := array_position(v_lines, (v_entry ->> 'line')::integer);
            if v_place is null then
                perform billing.refuse_credit();
            end if;
            if coalesce(v_entry ->> 'amount', '1') !~ '^[0-9]{1,10}(\.[0-9]{1,4})?$' then
                perform billing.refuse_lines(
                    format('lines/%s/amount', v_no), 'an amount of the currency above zero'
                );
            end if;
            v_amount := coalesce((v_entry ->> 'amount')::numeric, v_left[v_place]);
            if v_amount = 0 or v_amount <> round(v_amount, v_decimals) then
                perform billing.refuse_lines(
                    format('lines/%s/amount', v_no), 'an amount of the currency above zero'
                );
            elsif v_amount > v_left[v_place] then
                perform billing.refuse_credit();
            end if;
            v_no := v_no + 1;
            return query select v_lines[v_place], v_amount, v_amount = v_wholes[v_place];
        end loop;
    end if;
end;
$$;
revoke all on function billing.read_credit_lines(core.invoices, jsonb, numeric) from public;
comment on function billing.read_credit_lines(core.invoices, jsonb, numeric) is
    'What of an invoice a credit note takes back: of each line the amount.';

-- Refuse to credit more than is left.
--
-- Called by: billing.read_credit_lines, api.credit_invoice.
-- Errors:    PT409 credit_too_high.
create or replace function billing.refuse_credit()
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT409',
        message = 'so much is not left of the invoice',
        detail = '{"error":"credit_too_high"}',
        hint = 'Credit notes together take back at most what the invoice charged.';
end;
$$;
revoke all on function billing.refuse_credit() from public;
comment on function billing.refuse_credit() is 'Refuse to credit more than is left.';
