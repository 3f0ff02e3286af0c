-- The IdTagInfo of a decision that was made before, for a message that comes again.
--
-- Called by: ocpp16.start_transaction, ocpp16.stop_transaction.
-- The decision is not made anew: a repeated message gets the same answer (rule R2) and leaves no
-- second row in core.authorizations.
create or replace function charging.restate_id_token_info(
    p_tenant_id bigint,
    p_id_token text,
    p_status text
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_authorization core.authorizations;
begin
    v_authorization.tenant_id := p_tenant_id;
    v_authorization.id_token := p_id_token;
    v_authorization.status := p_status;
    select t.id into v_authorization.id_token_id
    from core.id_tokens as t
    where t.tenant_id = p_tenant_id and t.id_token_key = lower(p_id_token);
    return charging.get_id_token_info(v_authorization);
end;
$$;
revoke all on function charging.restate_id_token_info(bigint, text, text) from public;
comment on function charging.restate_id_token_info(bigint, text, text) is
    'OCPP 1.6 IdTagInfo of a decision that was made before.';
