-- Queue invoices that have been finalised, for their documents to be made.
--
-- Called by: the triggers in db/code/ops/documents_to_make.sql. A finalised invoice never changes,
--            so of those that a statement writes each has just been finalised; what touches one
--            all the same finds it queued or documented.
-- Writes:    ops.documents_to_make.
-- Security definer: those who write drafts have no right on the queue.
create or replace function jobs.tg_invoices__queue_documents()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.documents_to_make (tenant_id, invoice_id)
    select c.tenant_id, c.id
    from changed_rows as c
    where
        c.state = 'finalised'
        and not exists (
            select
            from core.documents as d
            where d.tenant_id = c.tenant_id and d.invoice_id = c.id
        )
    on conflict on constraint documents_to_make_pkey do nothing;
    return null;
end;
$$;
revoke all on function jobs.tg_invoices__queue_documents() from public;
comment on function jobs.tg_invoices__queue_documents() is
    'Trigger: have the documents of finalised invoices made.';
