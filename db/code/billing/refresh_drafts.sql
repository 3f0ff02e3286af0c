-- Lock drafts and take out of them what is no longer to be charged.
--
-- Between a billing run and the end of the grace period a transaction may be rated again, held or
-- written off: its line goes, and the next run bills what counts then. A correction by a run goes
-- the other way: a rating that counts again, or is held and may, is not credited. A draft that is
-- left without lines is deleted, the others are computed anew.
-- The ledger is brought up to the transactions first, under the legal entity that bills them; they
-- stay locked, so that no rating comes between what is looked at here and the commit.
-- What a line of a credit note gives back to unbilled is settled here as well: all that its line
-- was rated at when that rating counts no longer and nothing has given it back before, else
-- nothing (billing.post_invoices).
-- Called by: billing.finalise_invoices, which has locked the accounts.
-- Writes:    core.invoices (locked), core.invoice_lines, core.invoice_taxes, and what
--            billing.post_transactions writes.
-- Returns:   the drafts there are, in the order of their ids.
create or replace function billing.refresh_drafts(p_tenant_id bigint, p_invoice_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids bigint[];
    v_changed bigint[];
    v_empty bigint[];
begin
    select coalesce(array_agg(k.id order by k.id), '{}') into v_ids
    from (
        select i.id
        from core.invoices as i
        where
            i.tenant_id = p_tenant_id
            and i.id = any(p_invoice_ids)
            and i.state = 'draft'
        order by i.id
        for update
    ) as k;
    perform billing.post_transactions(array_agg(l.tenant_id), array_agg(l.transaction_id))
    from (
        select distinct l.tenant_id, l.transaction_id
        from core.invoice_lines as l
        where
            l.tenant_id = p_tenant_id
            and l.invoice_id = any(v_ids)
            and l.transaction_id is not null
    ) as l
    having count(*) > 0;

    with credits as (
        select
            l.invoice_id,
            l.line,
            case
                when t.state <> 'written_off' and t.rating_version = l.rating_version then 0
                when
                    row_number() over (
                        partition by i.credited_invoice_id, l.credited_line
                        order by i.id, l.line
                    ) > 1
                    then 0
                when
                    exists (
                        select
                        from core.invoices as n
                        inner join core.invoice_lines as b
                            on b.tenant_id = n.tenant_id and b.invoice_id = n.id
                        where
                            n.tenant_id = i.tenant_id
                            and n.credited_invoice_id = i.credited_invoice_id
                            and n.state = 'finalised'
                            and b.credited_line = l.credited_line
                            and b.rated_excl_vat <> 0
                    )
                    then 0
                else o.rated_excl_vat
            end as rated_excl_vat
        from core.invoices as i
        inner join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
        inner join core.transactions as t
            on t.tenant_id = l.tenant_id and t.id = l.transaction_id
        inner join core.invoice_lines as o
            on
                o.tenant_id = i.tenant_id
                and o.invoice_id = i.credited_invoice_id
                and o.line = l.credited_line
        where i.tenant_id = p_tenant_id and i.id = any(v_ids) and i.kind = 'credit_note'
    )
    update core.invoice_lines as l
    set rated_excl_vat = c.rated_excl_vat
    from credits as c
    where
        l.tenant_id = p_tenant_id
        and l.invoice_id = c.invoice_id
        and l.line = c.line
        and l.rated_excl_vat <> c.rated_excl_vat;

    with gone as (
        delete from core.invoice_lines as l
        using core.invoices as i, core.transactions as t
        where
            l.tenant_id = p_tenant_id
            and l.invoice_id = any(v_ids)
            and i.tenant_id = l.tenant_id
            and i.id = l.invoice_id
            and t.tenant_id = l.tenant_id
            and t.id = l.transaction_id
            and case
                when not l.is_credit
                    then t.state <> 'priced' or t.rating_version <> l.rating_version
                else
                    -- What a person credits they mean.
                    (i.finalise_at is not null or i.billing_run_id is not null)
                    and t.state <> 'written_off'
                    and t.rating_version = l.rating_version
            end
        returning l.invoice_id
    )
    select array_agg(distinct g.invoice_id) into v_changed from gone as g;
    if v_changed is null then
        return v_ids;
    end if;

    with emptied as (
        delete from core.invoices as i
        where
            i.tenant_id = p_tenant_id
            and i.id = any(v_changed)
            and not exists (
                select
                from core.invoice_lines as l
                where l.tenant_id = i.tenant_id and l.invoice_id = i.id
            )
        returning i.id
    )
    select coalesce(array_agg(e.id), '{}') into v_empty from emptied as e;
    perform billing.compute_invoice(
        p_tenant_id, array(select c.id from unnest(v_changed) as c (id) where c.id <> all(v_empty))
    );
    return array(select k.id from unnest(v_ids) as k (id) where k.id <> all(v_empty) order by k.id);
end;
$$;
revoke all on function billing.refresh_drafts(bigint, bigint[]) from public;
comment on function billing.refresh_drafts(bigint, bigint[]) is
    'Lock drafts and take out of them what is no longer to be charged; returns those there are.';
