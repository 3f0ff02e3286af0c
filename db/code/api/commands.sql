-- Commands to charge points and what became of them, read-only.
create or replace view api.commands
with (security_invoker = true) as
select
    q.tenant_id,
    q.id,
    q.charge_point_id,
    q.batch_id,
    q.action,
    q.payload,
    q.state,
    q.is_kept,
    q.expires_at,
    q.requested_by,
    q.requested_via,
    q.created_at,
    q.sent_at,
    q.answered_at,
    q.finished_at,
    q.result,
    q.error_code,
    q.error_description,
    q.violations,
    (
        select s.id
        from core.sessions as s
        where s.tenant_id = q.tenant_id and s.command_id = q.id
    ) as session_id
from ops.commands as q;

grant select (
    tenant_id, id, charge_point_id, batch_id, action, payload, state, is_kept, expires_at,
    requested_by, requested_via, created_at, sent_at, answered_at, finished_at, result, error_code,
    error_description, violations, session_id
) on api.commands to staff, customer, platform;

comment on view api.commands is
    E'A command to a charge point, from the request to its answer.\n'
    'A driver sees their own. send_command and the functions for each kind of command make them, '
    'cancel_command takes one back that has not been sent. Secrets are masked.';
comment on column api.commands.tenant_id is 'The tenant that owns the row.';
comment on column api.commands.id is 'Number of the command; those of a charger go in its order.';
comment on column api.commands.charge_point_id is 'The charge point that it is for.';
comment on column api.commands.batch_id is 'Shared by the commands of one call to a group.';
comment on column api.commands.action is 'The OCPP action, such as Reset.';
comment on column api.commands.payload is 'What the charger is sent.';
comment on column api.commands.state is
    'queued, sent (in flight), then accepted, rejected or error as the charger answered, unknown '
    'without an answer (it may have been carried out), expired or cancelled before it was sent. '
    'A late answer moves it on from unknown.';
comment on column api.commands.is_kept is 'Whether it waits for a charger that is away.';
comment on column api.commands.expires_at is 'When it is no longer worth sending.';
comment on column api.commands.requested_by is 'The person who asked; null for the system.';
comment on column api.commands.requested_via is 'api, driver, campaign or system.';
comment on column api.commands.created_at is 'When it was queued.';
comment on column api.commands.sent_at is 'When it was given to the charger''s connection.';
comment on column api.commands.answered_at is 'When the charger''s answer arrived.';
comment on column api.commands.finished_at is 'When it got its final state.';
comment on column api.commands.result is 'The payload of the charger''s answer.';
comment on column api.commands.error_code is
    'The OCPP error code of the answer; of one that was not sent the reason: Offline, Disabled, '
    'QueueFull, NotAccepted, Expired or the key of an error; ConnectionLost or Timeout of one '
    'that is unknown.';
comment on column api.commands.error_description is 'The charger''s words about the error.';
comment on column api.commands.violations is
    'What in the answer breaks its schema, as {"path", "keyword", "message"}; null for nothing.';
comment on column api.commands.session_id is 'The session that a remote start led to.';
