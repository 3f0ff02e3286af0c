-- Queue what statistics count anew: a session, the sessions and reservations of transactions, or
-- everything at places whose clock changed.
--
-- Called by: the triggers in db/code/core/transaction_facts.sql.
-- Writes:    ops.facts_to_refresh.
-- Security definer: those who write transactions or places have no right on the queue.
create or replace function jobs.tg_sessions__queue_facts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.facts_to_refresh (tenant_id, session_id)
    values (coalesce(new.tenant_id, old.tenant_id), coalesce(new.id, old.id));
    return null;
end;
$$;
revoke all on function jobs.tg_sessions__queue_facts() from public;
comment on function jobs.tg_sessions__queue_facts() is
    'Trigger: have a session counted for reports.';

create or replace function jobs.tg_transactions__queue_facts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.facts_to_refresh (tenant_id, session_id, reservation_id)
    select c.tenant_id, c.session_id, c.reservation_id
    from changed_rows as c;
    return null;
end;
$$;
revoke all on function jobs.tg_transactions__queue_facts() from public;
comment on function jobs.tg_transactions__queue_facts() is
    'Trigger: have transactions counted for reports.';

create or replace function jobs.tg_session_tariffs__queue_facts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.facts_to_refresh (tenant_id, session_id)
    select s.tenant_id, s.id
    from core.sessions as s
    where s.tenant_id = new.tenant_id and s.id = new.session_id and s.state <> 'active';
    return null;
end;
$$;
revoke all on function jobs.tg_session_tariffs__queue_facts() from public;
comment on function jobs.tg_session_tariffs__queue_facts() is
    'Trigger: have a session counted for reports whose tariff was chosen anew.';

create or replace function jobs.tg_time_zone__queue_facts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := case
        when tg_table_name = 'tenants' then to_jsonb(new) ->> 'id'
        else to_jsonb(new) ->> 'tenant_id'
    end;
    v_id constant bigint := to_jsonb(new) ->> 'id';
begin
    -- From the sessions rather than the facts, of which some may still be to come.
    insert into ops.facts_to_refresh (tenant_id, session_id)
    select s.tenant_id, s.id
    from core.sessions as s
    inner join core.charge_points as c on c.tenant_id = s.tenant_id and c.id = s.charge_point_id
    where
        s.tenant_id = v_tenant_id
        and s.state <> 'active'
        and case tg_table_name
            when 'tenants' then c.site_id is null
            when 'sites' then c.site_id = v_id
            else c.id = v_id
        end;
    insert into ops.facts_to_refresh (tenant_id, reservation_id)
    select r.tenant_id, r.id
    from core.transactions as t
    inner join core.reservations as r on r.tenant_id = t.tenant_id and r.id = t.reservation_id
    inner join core.charge_points as c on c.tenant_id = r.tenant_id and c.id = r.charge_point_id
    where
        t.tenant_id = v_tenant_id
        and case tg_table_name
            when 'tenants' then c.site_id is null
            when 'sites' then c.site_id = v_id
            else c.id = v_id
        end;
    return null;
end;
$$;
revoke all on function jobs.tg_time_zone__queue_facts() from public;
comment on function jobs.tg_time_zone__queue_facts() is
    'Trigger: have everything at a place counted for reports whose clock changed.';
