-- What is known of models that do not follow OCPP: the platform's, for staff to read.
create or replace view api.model_quirks
with (security_invoker = true)
as
select
    q.id,
    q.vendor,
    q.model,
    q.firmware_version,
    q.quirks,
    q.note,
    q.created_at,
    q.updated_at
from core.model_quirks as q;

grant select (
    id, vendor, model, firmware_version, quirks, note, created_at, updated_at
) on api.model_quirks to staff, platform;
grant insert (vendor, model, firmware_version, quirks, note) on api.model_quirks to platform;
grant update (vendor, model, firmware_version, quirks, note) on api.model_quirks to platform;
grant delete on api.model_quirks to platform;

comment on view api.model_quirks is
    E'How models of chargers differ from OCPP, for all tenants (platform admins write).\n'
    'A charge point''s own quirks win over those of its model, a longer pattern over a shorter.';
comment on column api.model_quirks.id is 'Number of the row.';
comment on column api.model_quirks.vendor is
    'Pattern of the vendor in BootNotification: % is any text, _ one character, case is ignored.';
comment on column api.model_quirks.model is 'Pattern of the model; % when left out.';
comment on column api.model_quirks.firmware_version is
    'Pattern of the firmware version; % when left out.';
comment on column api.model_quirks.quirks is
    'The quirks: assume_subprotocol (text), settle_s, command_timeout_s and command_gap_s '
    '(seconds), refuses_boot_trigger and refuses_get_configuration (true or false), '
    'authorization_key_form (hex or text), energy_unit (Wh or kWh: what it means by either).';
comment on column api.model_quirks.note is 'Where this is known from, for people.';
comment on column api.model_quirks.created_at is 'When the row was made.';
comment on column api.model_quirks.updated_at is 'When the row was last changed.';
