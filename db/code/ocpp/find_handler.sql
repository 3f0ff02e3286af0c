-- The statement that calls the handler of an action, null where the action has none.
--
-- StartTransaction over ocpp1.6 is ocpp16.start_transaction(ops.ocpp_call, jsonb), with exactly
-- these arguments. Names arrive from chargers: only what is a plain camel-case word is looked up,
-- so that no two spellings name one function, and the name that is executed is the catalogue's.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.find_handler(p_subprotocol text, p_action text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_action !~ '^([A-Z][a-z0-9]+){1,9}$' or length(p_action) > 60 then
        return null;
    end if;
    return 'select ' || to_regprocedure(
        replace(p_subprotocol, '.', '') || '.'
        || lower(regexp_replace(p_action, '(?<=.)([A-Z])', '_\1', 'g'))
        || '(ops.ocpp_call, jsonb)'
    )::oid::regproc::text || '($1, $2)';
end;
$$;
revoke all on function ocpp.find_handler(text, text) from public;
comment on function ocpp.find_handler(text, text) is
    'The statement that calls the handler of an action, null where it has none.';
