-- Keep that the person who asks has accepted a version of some terms. Repeatable.
--
-- Writes:  core.consents.
-- Errors:  PT403 person_required; 23514 for a document or version that is none.
-- Definer: nobody else writes consents.
create or replace function api.accept_terms(
    document text,
    version text,
    via text default 'api'
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A key does not agree to anything.
    perform access.require_person();
    insert into core.consents (tenant_id, user_id, document, version, via)
    values (
        claims.tenant_id(), claims.user_id(), accept_terms.document, accept_terms.version,
        accept_terms.via
    )
    on conflict on constraint consents_version_key do nothing;
end;
$$;
revoke all on function api.accept_terms(text, text, text) from public;
grant execute on function api.accept_terms(text, text, text) to staff, customer, platform;
comment on function api.accept_terms(text, text, text) is
    E'Accept a version of some terms.\n'
    'document is a name such as terms or privacy, version what is written on it, via portal, app, '
    'api or paper. Accepted once more it stays as it was.';
