-- An id token as it is compared and kept: without what some readers append to it.
--
-- Called by: charging.authorize_id_token and the handlers that store a token.
-- Control characters and blanks at either end go (a reader sent "04A1...\x10\x0e"); what stands
-- between stays, so that no token turns into somebody else's. At most 255 characters are kept.
create or replace function charging.clean_id_token(p_id_token text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select left(
        regexp_replace(p_id_token, '^[\u0001-\u0020\u007f]+|[\u0001-\u0020\u007f]+$', '', 'g'), 255
    );
$$;
revoke all on function charging.clean_id_token(text) from public;
comment on function charging.clean_id_token(text) is
    'An id token without control characters and blanks at its ends.';
