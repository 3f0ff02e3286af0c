-- Send a vendor's own message to charge points (OCPP 1.6 §5.6).
--
-- Errors:  those of fleet.send_commands.
-- Definer: commands are written by functions only; the permission is checked there.
create or replace function api.data_transfer(
    charge_point text default null,
    vendor_id text default null,
    message_id text default null,
    data text default null,
    charge_point_group text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select s.*
    from fleet.show_commands(
        array(
            select q
            from fleet.send_commands(
                'DataTransfer',
                jsonb_strip_nulls(jsonb_build_object(
                    'vendorId', data_transfer.vendor_id,
                    'messageId', data_transfer.message_id,
                    'data', data_transfer.data
                )),
                data_transfer.charge_point, data_transfer.charge_point_group,
                data_transfer.keep, data_transfer.expires_in_s
            ) as q
        )
    ) as s;
end;
$$;
revoke all on function api.data_transfer(
    text, text, text, text, text, boolean, integer
) from public;
grant execute on function api.data_transfer(
    text, text, text, text, text, boolean, integer
) to staff, platform;
comment on function api.data_transfer(text, text, text, text, text, boolean, integer) is
    E'Send a vendor''s own message.\n'
    'vendor_id (required) says whose, message_id which, data what, as text. The answer is in '
    'the result of the command. charge_point is an OCPP identity, charge_point_group the name '
    'of a group in its place; keep and expires_in_s (seconds) say whether and how long to wait '
    'for one that is away. Needs the permission commands.write.';
