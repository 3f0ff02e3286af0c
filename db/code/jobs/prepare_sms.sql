-- What a text message needs to be sent: see notify.describe_message.
--
-- Called by: jobs.prepare_outbox.
create or replace function jobs.prepare_sms(p_row ops.outbox)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select notify.describe_message(p_row)
$$;
revoke all on function jobs.prepare_sms(ops.outbox) from public;
comment on function jobs.prepare_sms(ops.outbox) is
    'What a text message needs to be sent; null when it is no longer wanted.';
