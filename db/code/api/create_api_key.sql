-- Make an API key of the person who asks, in their tenant.
--
-- Writes:  core.api_keys.
-- Errors:  PT400 name_invalid, expires_at_past, expires_at_far;
--          PT403 permission_missing, person_required.
-- Definer: nobody may write keys, or read their hashes.
create or replace function api.create_api_key(name text, expires_at timestamptz default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := btrim(create_api_key.name);
    v_key constant text := 'vk_' || access.create_token();
    v_row core.api_keys;
begin
    perform access.require_permission('api_keys.write');
    perform access.require_person();
    if v_name is null or length(v_name) not between 1 and 100 then
        raise exception using
            errcode = 'PT400',
            message = 'a name has 1 to 100 characters',
            detail = '{"error":"name_invalid"}',
            hint = 'Name the program that will use the key.';
    end if;
    if create_api_key.expires_at <= now() then
        raise exception using
            errcode = 'PT400',
            message = 'the key would be expired already',
            detail = '{"error":"expires_at_past"}',
            hint = 'Leave expires_at out for a key that does not expire.';
    end if;
    if create_api_key.expires_at > now() + interval '10 years' then
        raise exception using
            errcode = 'PT400',
            message = 'a key expires within 10 years',
            detail = '{"error":"expires_at_far"}',
            hint = 'Leave expires_at out for a key that does not expire.';
    end if;

    insert into core.api_keys as k (tenant_id, user_id, name, prefix, key_hash, expires_at)
    values (
        claims.tenant_id(),
        claims.user_id(),
        v_name,
        substr(v_key, 1, 11),
        access.hash_token(v_key),
        create_api_key.expires_at
    )
    returning k.* into v_row;
    return json_build_object(
        'id', v_row.id, 'name', v_row.name, 'key', v_key, 'prefix', v_row.prefix,
        'expires_at', v_row.expires_at
    );
end;
$$;
revoke all on function api.create_api_key(text, timestamptz) from public;
grant execute on function api.create_api_key(text, timestamptz) to staff, platform;
comment on function api.create_api_key(text, timestamptz) is
    E'Make an API key that acts as you, in your tenant.\n'
    'The key is shown this once; a program exchanges it with token_for_key.';
