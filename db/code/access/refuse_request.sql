-- Answer a request with an error without undoing what it wrote.
--
-- A raise would roll back the counter of failed sign-ins or the revocation that goes with the
-- refusal. The body is what PostgREST makes of a raise with these fields.
-- p_detail is JSON with the stable key; p_headers is a JSON array as response.headers takes it.
create or replace function access.refuse_request(
    p_status integer, p_message text, p_detail text, p_hint text, p_headers text default null
)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('response.status', p_status::text, true);
    if p_headers is not null then
        perform set_config('response.headers', p_headers, true);
    end if;
    return json_build_object(
        'code', 'PT' || p_status, 'details', p_detail, 'hint', p_hint, 'message', p_message
    );
end;
$$;
revoke all on function access.refuse_request(integer, text, text, text, text) from public;
comment on function access.refuse_request(integer, text, text, text, text) is
    'Answer a request with an error without undoing what it wrote.';
