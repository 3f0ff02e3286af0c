-- What turns one local list into another, for a differential update (OCPP 1.6 §7.1): entries that
-- are new or differ, and of those that go the token alone.
--
-- Called by: api.send_local_list. Both lists hold entries of charging.make_local_list_entry.
create or replace function charging.diff_local_list(p_installed jsonb, p_wanted jsonb)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(
            jsonb_agg(
                coalesce(w.entry, jsonb_build_object('idTag', i.entry -> 'idTag'))
                -- What goes makes room for what comes.
                order by w.entry is not null, coalesce(w.no, i.no)
            ),
            '[]'
        )
        from jsonb_array_elements(p_installed) with ordinality as i (entry, no)
        full join jsonb_array_elements(p_wanted) with ordinality as w (entry, no)
            on lower(w.entry ->> 'idTag') = lower(i.entry ->> 'idTag')
        where w.entry -> 'idTagInfo' is distinct from i.entry -> 'idTagInfo'
    );
end;
$$;
revoke all on function charging.diff_local_list(jsonb, jsonb) from public;
comment on function charging.diff_local_list(jsonb, jsonb) is
    'What turns one local list into another.';
