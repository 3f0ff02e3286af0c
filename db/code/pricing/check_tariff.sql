-- Refuse a tariff that cannot be priced.
--
-- p_document is a tariff of OCPI 2.2.1 or 2.3.0, or a list of them.
-- Called by: api.put_tariff, api.price.
-- Errors:    PT400 tariff_invalid; the detail has path and reason of the first fault, and in errors
--            all of them as pricing.lint_tariff gives them.
create or replace function pricing.check_tariff(p_document jsonb)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_errors jsonb;
begin
    select jsonb_agg(
        jsonb_build_object('path', e.path, 'rule', e.rule, 'message', e.message)
        order by e.path collate "C", e.rule
    )
    into v_errors
    from pricing.list_tariff_errors(p_document) as e;
    if v_errors is not null then
        raise exception using
            errcode = 'PT400',
            message = format(
                'the tariff cannot be priced: %s %s',
                v_errors #>> '{0,path}', v_errors #>> '{0,message}'
            ),
            detail = jsonb_build_object(
                'error', 'tariff_invalid',
                'path', v_errors #> '{0,path}',
                'reason', v_errors #> '{0,message}',
                'errors', v_errors
            ),
            hint = 'Send a tariff of OCPI 2.2.1 or 2.3.0; lint_tariff lists every fault.';
    end if;
end;
$$;
revoke all on function pricing.check_tariff(jsonb) from public;
comment on function pricing.check_tariff(jsonb) is
    'Refuse a tariff that cannot be priced, with the JSON path and the reason.';
