-- Where chargers may be sent for files, writable.
create or replace view api.transfer_locations
with (security_invoker = true) as
select
    l.tenant_id,
    l.id,
    l.name,
    l.direction,
    l.url_prefix,
    l.is_enabled,
    l.is_one_time,
    l.created_at,
    l.updated_at
from core.transfer_locations as l;
alter view api.transfer_locations alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, name, direction, url_prefix, is_enabled, is_one_time, created_at, updated_at
) on api.transfer_locations to staff, platform;
grant insert (tenant_id, name, direction, url_prefix, is_enabled, is_one_time)
on api.transfer_locations to staff, platform;
grant update (name, direction, url_prefix, is_enabled, is_one_time)
on api.transfer_locations to staff, platform;
grant delete on api.transfer_locations to staff, platform;

comment on view api.transfer_locations is
    'Where chargers may be sent to fetch firmware or to leave logs: addresses in commands have to '
    'lie below one of these.';
comment on column api.transfer_locations.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.transfer_locations.id is 'Number of the location.';
comment on column api.transfer_locations.name is 'Name, unique within the tenant.';
comment on column api.transfer_locations.direction is
    'download (firmware) or upload (logs and diagnostics).';
comment on column api.transfer_locations.url_prefix is
    'Scheme, host, perhaps a port, and a path with a slash at its end, such as '
    'https://depot.example.com/firmware/: http, https, ftp, ftps or sftp. An address has to have '
    'the same scheme, host and port and a path below this one.';
comment on column api.transfer_locations.is_enabled is 'Whether it counts.';
comment on column api.transfer_locations.is_one_time is
    'Whether each address gets a one-time ticket that the file server redeems with '
    'redeem_transfer_ticket. False for servers of others, which know no tickets.';
comment on column api.transfer_locations.created_at is 'When the row was made.';
comment on column api.transfer_locations.updated_at is 'When the row was last changed.';
