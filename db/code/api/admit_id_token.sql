-- Register a token that was shown at a charger.
--
-- Writes:  core.id_tokens, whose trigger takes the token out of the inbox.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT409
--          inbox_entry_decided, PT400 contract_id_invalid, PT400
--          contract_id_check_digit_wrong; the keys of id_tokens for a person or group that is
--          not the tenant's.
-- Definer: onboarding.write alone suffices.
create or replace function api.admit_id_token(
    unknown_id_token_id bigint,
    user_id uuid default null,
    id_token_group_id bigint default null,
    contract_id text default null,
    label text default '',
    expires_at timestamptz default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_id_tokens;
    v_id_token_id bigint;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_id_token(unknown_id_token_id);
    insert into core.id_tokens as t (
        tenant_id, id_token, user_id, id_token_group_id, contract_id, label, expires_at
    )
    values (
        v_entry.tenant_id, v_entry.id_token, admit_id_token.user_id,
        admit_id_token.id_token_group_id, admit_id_token.contract_id,
        coalesce(admit_id_token.label, ''), admit_id_token.expires_at
    )
    returning t.id into v_id_token_id;
    return jsonb_build_object('id_token_id', v_id_token_id, 'id_token', v_entry.id_token);
end;
$$;
revoke all on function api.admit_id_token(
    bigint, uuid, bigint, text, text, timestamptz
) from public;
grant execute on function api.admit_id_token(
    bigint, uuid, bigint, text, text, timestamptz
) to staff, platform;
comment on function api.admit_id_token(bigint, uuid, bigint, text, text, timestamptz) is
    E'Register an unknown id token, for a person and a group if you name them.\n'
    'Returns {"id_token_id", "id_token"}.';
