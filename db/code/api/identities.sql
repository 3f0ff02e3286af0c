-- Which person a subject of an outside issuer is: the platform's.
create or replace view api.identities
with (security_invoker = true)
as
select
    i.issuer,
    i.subject,
    i.user_id,
    i.created_at
from core.identities as i;

grant select (issuer, subject, user_id, created_at) on api.identities to platform;
grant insert (issuer, subject, user_id) on api.identities to platform;
grant delete on api.identities to platform;

comment on view api.identities is
    'Which person a subject of an outside issuer is (platform admins).';
comment on column api.identities.issuer is 'The issuer.';
comment on column api.identities.subject is 'The claim sub of its tokens.';
comment on column api.identities.user_id is 'The person it is.';
comment on column api.identities.created_at is 'When the two were linked.';
