-- Read the lines of a one-off invoice as somebody sends them, or say what is wrong with them.
--
-- p_lines: [{"description", "quantity"?: 1, "unit"?: "C62" (UN/ECE 20), "unit_price",
-- "includes_vat"?: false, "vat_rate"?}]; numbers may be texts, so that nothing of them is lost.
-- Called by: billing.write_draft_lines.
-- Errors:    PT400 invoice_lines_invalid with path and reason.
create or replace function billing.read_draft_lines(p_lines jsonb)
returns table (
    line integer,
    description text,
    quantity numeric,
    unit text,
    unit_price numeric,
    includes_vat boolean,
    vat_rate numeric
)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_number constant text := '^[0-9]{1,7}(\.[0-9]{1,6})?$';
    v_line jsonb;
    v_no integer := 0;
    v_path text;
    v_reason text;
begin
    if jsonb_typeof(p_lines) is distinct from 'array' then
        v_reason := 'a list of lines';
    elsif jsonb_array_length(p_lines) not between 1 and 500 then
        v_reason := 'a list of 1 to 500 lines';
    end if;
    if v_reason is not null then
        perform billing.refuse_lines('lines', v_reason);
    end if;

    -- A loop: the first line that is wrong is what the caller hears of.
    for v_line in select e.line from jsonb_array_elements(p_lines) as e (line) loop
        v_path := null;
        if jsonb_typeof(v_line) <> 'object' then
            v_path := '';
            v_reason := 'an object';
        elsif
            jsonb_typeof(v_line -> 'description') is distinct from 'string'
            or length(btrim(v_line ->> 'description')) not between 1 and 500
        then
            v_path := '/description';
            v_reason := 'a text of 1 to 500 characters';
        elsif coalesce(v_line ->> 'unit_price', '') !~ v_number then
            v_path := '/unit_price';
            v_reason := 'a number below ten million with at most six decimals';
        elsif
            coalesce(v_line ->> 'quantity', '1') !~ v_number
            or coalesce(v_line ->> 'quantity', '1')::numeric = 0
            or coalesce(v_line ->> 'quantity', '1')::numeric * (v_line ->> 'unit_price')::numeric
            >= 10000000
        then
            v_path := '/quantity';
            v_reason := 'a number above zero, and the line less than ten million';
        elsif
            coalesce(v_line ->> 'vat_rate', '0') !~ '^[0-9]{1,3}(\.[0-9]{1,2})?$'
            or coalesce(v_line ->> 'vat_rate', '0')::numeric > 100
        then
            v_path := '/vat_rate';
            v_reason := 'a percentage from 0 to 100 with at most two decimals';
        elsif coalesce(v_line -> 'includes_vat', 'false') not in ('true', 'false', 'null') then
            v_path := '/includes_vat';
            v_reason := 'true or false';
        elsif coalesce(v_line ->> 'unit', 'C62') !~ '^[A-Z0-9]{2,3}$' then
            v_path := '/unit';
            v_reason := 'a code of UN/ECE recommendation 20, such as C62 or HUR';
        end if;
        if v_path is not null then
            perform billing.refuse_lines(format('lines/%s%s', v_no, v_path), v_reason);
        end if;
        v_no := v_no + 1;
        return query select
            v_no,
            btrim(v_line ->> 'description'),
            coalesce(v_line ->> 'quantity', '1')::numeric,
            coalesce(v_line ->> 'unit', 'C62'),
            (v_line ->> 'unit_price')::numeric,
            coalesce((v_line ->> 'includes_vat')::boolean, false),
            (v_line ->> 'vat_rate')::numeric;
    end loop;
end;
$$;
revoke all on function billing.read_draft_lines(jsonb) from public;
comment on function billing.read_draft_lines(jsonb) is
    'Read the lines of a one-off invoice as somebody sends them, or say what is wrong with them.';

-- Refuse lines that somebody sent: what is wrong, and where.
--
-- Called by: billing.read_draft_lines, billing.read_credit_lines.
-- Errors:    PT400 invoice_lines_invalid.
create or replace function billing.refuse_lines(p_path text, p_reason text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT400',
        message = format('%s has to be %s', p_path, p_reason),
        detail = json_build_object(
            'error', 'invoice_lines_invalid', 'path', p_path, 'reason', p_reason
        )::text,
        hint = 'Lines are a JSON list of objects; amounts are numbers or texts of digits.';
end;
$$;
revoke all on function billing.refuse_lines(text, text) from public;
comment on function billing.refuse_lines(text, text) is
    'Refuse lines that somebody sent: what is wrong, and where.';
