-- The OCPI version that a tariff is written in: the one it is said to be, else 2.3.0 where it uses
-- a name that 2.2.1 does not know.
--
-- Called by: api.put_tariff, api.tariff.
-- Errors:    PT400 ocpi_version_invalid.
create or replace function pricing.judge_ocpi_version(
    p_document jsonb,
    p_said text default null
)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limits constant jsonb := jsonb_build_array(
        p_document -> 'min_price', p_document -> 'max_price'
    );
    v_is_old constant boolean :=
        v_limits @? '$[*] ? (exists(@.excl_vat) || exists(@.incl_vat))';
    v_is_new constant boolean :=
        p_document ? 'tax_included'
        or v_limits @? '$[*] ? (exists(@.before_taxes) || exists(@.after_taxes))';
begin
    if
        p_said not in ('2.2.1', '2.3.0')
        or p_said = '2.2.1' and v_is_new
        or p_said = '2.3.0' and v_is_old
    then
        raise exception using
            errcode = 'PT400',
            message = format('the tariff is not one of OCPI %s', left(p_said, 20)),
            detail = '{"error":"ocpi_version_invalid"}',
            hint = 'Say 2.2.1 or 2.3.0 as the names of the document are, or leave it out.';
    end if;
    return coalesce(p_said, case when v_is_new then '2.3.0' else '2.2.1' end);
end;
$$;
revoke all on function pricing.judge_ocpi_version(jsonb, text) from public;
comment on function pricing.judge_ocpi_version(jsonb, text) is
    'The OCPI version that a tariff is written in.';
