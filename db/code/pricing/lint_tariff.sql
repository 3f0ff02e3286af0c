-- What is wrong and what is doubtful about a tariff:
-- {"errors": [{"path", "rule", "message"}], "warnings": [...]}.
--
-- p_document is a tariff of OCPI 2.2.1 or 2.3.0, or a list of them. Warnings are looked for where
-- there is no error: they take for granted that each field is what it has to be.
-- Called by: api.lint_tariff.
create or replace function pricing.lint_tariff(p_document jsonb)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_errors jsonb;
    v_warnings jsonb;
begin
    select coalesce(
        jsonb_agg(
            jsonb_build_object('path', e.path, 'rule', e.rule, 'message', e.message)
            order by e.path collate "C", e.rule
        ),
        '[]'
    )
    into v_errors
    from pricing.list_tariff_errors(p_document) as e;
    if v_errors = '[]' then
        select jsonb_agg(
            jsonb_build_object('path', w.path, 'rule', w.rule, 'message', w.message)
            order by w.path collate "C", w.rule
        )
        into v_warnings
        from pricing.list_tariff_warnings(p_document) as w;
    end if;
    return jsonb_build_object('errors', v_errors, 'warnings', coalesce(v_warnings, '[]'));
end;
$$;
revoke all on function pricing.lint_tariff(jsonb) from public;
comment on function pricing.lint_tariff(jsonb) is
    'What is wrong and what is doubtful about a tariff, with JSON paths.';
