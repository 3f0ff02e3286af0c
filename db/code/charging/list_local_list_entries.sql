-- The local list that a charge point should have: every token of the tenant that may charge there.
--
-- Returns a list of charging.make_local_list_entry. Tokens longer than OCPP 1.6 allows have no
-- place in it. When there are more than p_limit, those that charged there last go in first.
-- Called by: api.send_local_list.
create or replace function charging.list_local_list_entries(
    p_charge_point core.charge_points,
    p_limit integer
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token core.id_tokens;
    v_entries jsonb[] := '{}';
begin
    -- A loop: of very many tokens only as many are judged as find room.
    for v_token in
        select t.*
        from core.id_tokens as t
        left join (
            select s.id_token_id, max(s.started_at) as started_at
            from core.sessions as s
            where
                s.tenant_id = p_charge_point.tenant_id
                and s.charge_point_id = p_charge_point.id
                and s.started_at > now() - interval '1 year'
            group by s.id_token_id
        ) as u on u.id_token_id = t.id
        where
            t.tenant_id = p_charge_point.tenant_id
            and length(t.id_token) <= 20
            and not t.is_blocked
        order by u.started_at desc nulls last, t.id
    loop
        exit when cardinality(v_entries) >= p_limit;
        if (
            charging.judge_id_token(p_charge_point.id, v_token, 'authorize', now(), null)
        ).status = 'Accepted' then
            v_entries := v_entries || charging.make_local_list_entry(
                v_token.id_token, 'Accepted', v_token.expires_at,
                (
                    select g.group_token
                    from core.id_token_groups as g
                    where
                        g.tenant_id = v_token.tenant_id
                        and g.id = v_token.id_token_group_id
                )
            );
        end if;
    end loop;
    return (
        select coalesce(jsonb_agg(e.entry order by lower(e.entry ->> 'idTag')), '[]')
        from unnest(v_entries) as e (entry)
    );
end;
$$;
revoke all on function charging.list_local_list_entries(core.charge_points, integer) from public;
comment on function charging.list_local_list_entries(core.charge_points, integer) is
    'The local list that a charge point should have.';

-- The local list that a charge point has, as far as it accepted it.
create or replace function charging.list_installed_entries(p_charge_point core.charge_points)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(
            jsonb_agg(
                charging.make_local_list_entry(
                    e.id_token, e.status, e.expires_at, e.parent_id_token
                )
                order by e.id_token_key
            ),
            '[]'
        )
        from core.local_list_entries as e
        where
            e.tenant_id = p_charge_point.tenant_id
            and e.charge_point_id = p_charge_point.id
    );
end;
$$;
revoke all on function charging.list_installed_entries(core.charge_points) from public;
comment on function charging.list_installed_entries(core.charge_points) is
    'The local list that a charge point has, as far as it accepted it.';

-- Entries that a person named: [{"id_token", "status", "expires_at", "parent_id_token",
-- "remove"}, ...]. status is Accepted when left out; remove takes an entry away.
-- Errors:    PT400 local_list_invalid.
create or replace function charging.read_local_list_entries(p_entries jsonb)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entries jsonb;
begin
    if
        jsonb_typeof(p_entries) is distinct from 'array'
        or jsonb_path_exists(p_entries, '$[*] ? (@.type() != "object")')
    then
        perform charging.refuse_local_list('entries are a list of objects');
    end if;
    -- OCPP 1.6 §2.2: a CiString is printable ASCII.
    if exists (
        select
        from jsonb_array_elements(p_entries) as e (entry)
        where
            jsonb_typeof(e.entry -> 'id_token') is distinct from 'string'
            or e.entry ->> 'id_token' !~ '^[ -~]{1,20}$'
    ) then
        perform charging.refuse_local_list('each entry has an id_token');
    end if;
    select coalesce(
        jsonb_agg(
            case
                when e.remove then jsonb_build_object('idTag', e.id_token)
                else charging.make_local_list_entry(
                    e.id_token, coalesce(e.status, 'Accepted'), e.expires_at, e.parent_id_token
                )
            end
        ),
        '[]'
    )
    into v_entries
    from jsonb_to_recordset(p_entries) as e (
        id_token text, status text, expires_at timestamptz, parent_id_token text, remove boolean
    );
    return v_entries;
end;
$$;
revoke all on function charging.read_local_list_entries(jsonb) from public;
comment on function charging.read_local_list_entries(jsonb) is
    'Entries of a local list that a person named, in the words of OCPP 1.6.';

-- Raise the error for a list that no charge point may be sent.
create or replace function charging.refuse_local_list(p_problem text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT400',
        message = p_problem,
        detail = '{"error":"local_list_invalid"}',
        hint = 'An entry has id_token (1 to 20 characters), and may have status, expires_at, '
            'parent_id_token and remove; each token stands there once.';
end;
$$;
revoke all on function charging.refuse_local_list(text) from public;
comment on function charging.refuse_local_list(text) is
    'Raise the error for a local list that no charge point may be sent.';
