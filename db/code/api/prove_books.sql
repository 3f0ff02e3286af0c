-- Compare the books with bank and card provider now, as of a day.
--
-- Writes:  core.daily_proofs.
-- Errors:  PT403 permission_missing, PT400 day_invalid.
-- Definer: proofs are written by functions only.
create or replace function api.prove_books("on" date default current_date)
returns setof api.daily_proofs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.require_permission('billing.read');
    if
        prove_books."on" is null
        or prove_books."on" not between '2000-01-01' and current_date + 366
    then
        raise exception using
            errcode = 'PT400',
            message = 'on has to be a day, at most a year ahead',
            detail = '{"error":"day_invalid"}',
            hint = 'A day is written like 2026-10-31.';
    end if;
    perform billing.prove_books(claims.tenant_id(), prove_books."on");
    return query
    select d.*
    from api.daily_proofs as d
    where d.tenant_id = claims.tenant_id() and d.proven_on = prove_books."on";
end;
$$;
revoke all on function api.prove_books(date) from public;
grant execute on function api.prove_books(date) to staff, platform;
comment on function api.prove_books(date) is
    E'Compare the books with bank and card provider, as of the end of a day.\n'
    'The job does so every day for the day before; on is another one. Answers the proof of each '
    'legal entity. Needs the permission billing.read.';
