-- Forget the one-time token of an e-mail that has arrived: it is the person's now.
--
-- Called by: jobs.finish_outbox.
-- Writes:    ops.outbox.
create or replace function jobs.settle_email(p_row ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_row.state = 'delivered' and p_row.payload ? 'token' then
        update ops.outbox as o
        set payload = o.payload - 'token'
        where o.id = p_row.id;
    end if;
end;
$$;
revoke all on function jobs.settle_email(ops.outbox, jsonb) from public;
comment on function jobs.settle_email(ops.outbox, jsonb) is
    'Forget the one-time token of an e-mail that has arrived.';
