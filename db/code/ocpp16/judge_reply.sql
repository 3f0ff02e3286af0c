-- Whether a charger's answer to a command means that it does it.
--
-- OCPP 1.6 §6 and §7, whitepaper §5: the word in status says it, in whatever case. Four messages
-- have no status in their answer: that it came is the yes. An answer that lacks the status it
-- should have is none.
-- Called by: fleet.judge_reply.
create or replace function ocpp16.judge_reply(p_action text, p_result jsonb)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when
            p_action in (
                'GetConfiguration', 'GetDiagnostics', 'GetLocalListVersion', 'UpdateFirmware'
            )
            then 'accepted'
        when
            lower(p_result ->> 'status') in (
                'accepted',
                -- ChangeAvailability: once the transaction is over.
                'scheduled',
                -- ChangeConfiguration: after the next reboot.
                'rebootrequired',
                -- UnlockConnector.
                'unlocked',
                -- GetLog, SignedUpdateFirmware: what was under way is given up for it.
                'acceptedcanceled'
            )
            then 'accepted'
        -- There are no such certificates: the question is answered.
        when
            p_action = 'GetInstalledCertificateIds'
            and lower(p_result ->> 'status') = 'notfound'
            then 'accepted'
        else 'rejected'
    end
$$;
revoke all on function ocpp16.judge_reply(text, jsonb) from public;
comment on function ocpp16.judge_reply(text, jsonb) is
    'accepted or rejected: what a charger''s answer to a command means.';
