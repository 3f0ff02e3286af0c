-- What the question what a card provider holds needs: its API key.
--
-- Called by: jobs.prepare_outbox.
create or replace function jobs.prepare_card_balance(p_row ops.outbox)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select jsonb_build_object('api_key', s.api_key)
        from ops.payment_provider_secrets as s
        where
            s.tenant_id = p_row.tenant_id
            and s.payment_provider_id = (p_row.payload ->> 'payment_provider_id')::bigint
            and s.api_key is not null
    );
end;
$$;
revoke all on function jobs.prepare_card_balance(ops.outbox) from public;
comment on function jobs.prepare_card_balance(ops.outbox) is
    'What the question what a card provider holds needs.';
