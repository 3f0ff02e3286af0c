-- Make the address at which the file of an export is fetched, once.
--
-- The address holds a token whose hash alone is kept: it is told here and never again. A new one
-- ends the one before, which also helps when a transfer broke off. It is good as long as whoever
-- made it may export.
-- An export that runs is locked for as long as that takes, so its state is asked for first.
-- Writes:  core.exports.
-- Errors:  PT403 permission_missing, PT404 export_unknown, PT409 export_not_ready,
--          PT410 export_expired.
-- Definer: exports are written by functions only.
create or replace function api.create_export_link(export bigint)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token constant text := 'vx_' || access.create_token();
    v_export core.exports;
begin
    perform access.require_permission('exports.write');
    select e.* into v_export
    from core.exports as e
    where
        e.id = create_export_link.export
        and (e.tenant_id = claims.tenant_id() or claims.role() = 'platform');
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such export',
            detail = '{"error":"export_unknown"}',
            hint = 'exports lists them.';
    end if;
    if v_export.state <> 'ready' then
        raise exception using
            errcode = 'PT409',
            message = format('the export is not ready: it is %s', v_export.state),
            detail = json_build_object('error', 'export_not_ready', 'state', v_export.state)::text,
            hint = 'Read exports until its state is ready; a failed one says why in problem.';
    end if;
    if v_export.expires_at <= now() then
        raise exception using
            errcode = 'PT410',
            message = 'the file of this export has been deleted',
            detail = '{"error":"export_expired"}',
            hint = 'Ask for a new export.';
    end if;
    update core.exports as e
    set link_hash = access.hash_token(v_token),
        link_made_by = claims.user_id(),
        link_expires_at = least(
            now() + make_interval(
                mins => access.get_setting('exports.link_minutes')::integer
            ),
            v_export.expires_at
        )
    where e.tenant_id = v_export.tenant_id and e.id = v_export.id
    returning e.* into v_export;
    return json_build_object(
        'url', v_export.url_prefix || v_token,
        'expires_at', v_export.link_expires_at,
        'file_name', v_export.file_name,
        'size_bytes', v_export.size_bytes,
        'sha256', v_export.sha256
    );
end;
$$;
revoke all on function api.create_export_link(bigint) from public;
grant execute on function api.create_export_link(bigint) to staff, platform;
comment on function api.create_export_link(bigint) is
    E'Make the address at which the file of an export is fetched.\n'
    'export is its id. Answers url, expires_at, file_name, size_bytes and sha256. The address is '
    'good once and for an hour, whoever has it; a new one ends the one before. Needs the '
    'permission exports.write.';
