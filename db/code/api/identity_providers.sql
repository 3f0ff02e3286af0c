-- Outside issuers whose tokens are accepted: the platform's.
create or replace view api.identity_providers
with (security_invoker = true)
as
select
    p.issuer,
    p.audience,
    p.requires_jti,
    p.is_active,
    p.created_at
from core.identity_providers as p;

grant select (issuer, audience, requires_jti, is_active, created_at)
on api.identity_providers to platform;
grant insert (issuer, audience, requires_jti, is_active) on api.identity_providers to platform;
grant update (audience, requires_jti, is_active) on api.identity_providers to platform;
grant delete on api.identity_providers to platform;

comment on view api.identity_providers is
    E'Outside OpenID Connect issuers whose tokens are accepted (platform admins).\n'
    'Their public keys belong into the JWKS that PostgREST reads.';
comment on column api.identity_providers.issuer is 'The claim iss of its tokens.';
comment on column api.identity_providers.audience is 'What the claim aud of its tokens must name.';
comment on column api.identity_providers.requires_jti is 'Refuse its tokens without a claim jti.';
comment on column api.identity_providers.is_active is 'Whether its tokens are accepted now.';
comment on column api.identity_providers.created_at is 'When it was registered.';
