-- Redeem the ticket within an address that a charger came with, once.
--
-- For the operator's file server: it takes the ticket out of the path, asks here with the API key
-- of a person with firmware.write, and serves or takes the one file. What it lets a charger resume
-- or try again after that is its own affair.
-- Writes:  ops.transfer_tickets.
-- Errors:  PT403 permission_missing; PT404 ticket_unknown, for another tenant's and for the other
--          direction alike; PT410 ticket_used, ticket_expired.
-- Definer: nobody may read tickets.
create or replace function api.redeem_transfer_ticket(ticket text, direction text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket ops.transfer_tickets;
begin
    perform access.require_permission('firmware.write');
    select t.* into v_ticket
    from ops.transfer_tickets as t
    where
        t.token_hash = access.hash_token(redeem_transfer_ticket.ticket)
        and t.direction = redeem_transfer_ticket.direction
        and (t.tenant_id = claims.tenant_id() or claims.role() = 'platform')
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such ticket',
            detail = '{"error":"ticket_unknown"}',
            hint = 'A ticket is vt_ and 43 characters, for upload or for download.';
    end if;
    if v_ticket.used_at is not null then
        raise exception using
            errcode = 'PT410',
            message = 'the ticket has been used',
            detail = '{"error":"ticket_used"}',
            hint = 'Send the charger a new command.';
    end if;
    if v_ticket.expires_at <= now() then
        raise exception using
            errcode = 'PT410',
            message = 'the ticket has expired',
            detail = '{"error":"ticket_expired"}',
            hint = 'Send the charger a new command.';
    end if;
    update ops.transfer_tickets as t
    set used_at = now()
    where t.tenant_id = v_ticket.tenant_id and t.id = v_ticket.id;
    return (
        select
            json_build_object(
                'tenant_id', j.tenant_id,
                'charge_point_id', j.charge_point_id,
                'charge_point', c.identity,
                'device_job_id', j.id,
                'kind', j.kind,
                'direction', v_ticket.direction,
                'log_type', j.details ->> 'log_type',
                'file_name', j.file_name
            )
        from core.device_jobs as j
        inner join core.charge_points as c
            on c.tenant_id = j.tenant_id and c.id = j.charge_point_id
        where j.tenant_id = v_ticket.tenant_id and j.id = v_ticket.device_job_id
    );
end;
$$;
revoke all on function api.redeem_transfer_ticket(text, text) from public;
grant execute on function api.redeem_transfer_ticket(text, text) to staff, platform;
comment on function api.redeem_transfer_ticket(text, text) is
    E'Redeem the one-time ticket within an address that a charger came with.\n'
    'For the file server: ticket is the segment of the path that begins with vt_, direction is '
    'upload or download. Answers whose file it is: charge_point (OCPP identity), device_job_id, '
    'kind. A second time is refused with status 410. Needs the permission firmware.write.';
