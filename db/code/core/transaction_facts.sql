-- Facts for statistics: nobody's to read but through api.transaction_statistics and the views of
-- schema report, which name the tenant. What feeds them stands here together: every change that
-- they are made of queues the session, in the transaction that makes it.
--
-- Readings of a running session write some of these columns, too, so it is asked whether it is
-- over, and what changed.
create trigger sessions__queue_ended_facts after insert on core.sessions
for each row when (new.state <> 'active')
execute function jobs.tg_sessions__queue_facts();
create trigger sessions__queue_changed_facts
after update of
state, started_at, ended_at, energy_wh, hold_details, authorization_status, charge_point_id,
evse_id, id_token_id, user_id
on core.sessions
for each row when (
    new.state <> 'active'
    and (
        old.state is distinct from new.state
        or old.started_at is distinct from new.started_at
        or old.ended_at is distinct from new.ended_at
        or old.energy_wh is distinct from new.energy_wh
        or old.hold_details is distinct from new.hold_details
        or old.authorization_status is distinct from new.authorization_status
        or old.charge_point_id is distinct from new.charge_point_id
        or old.evse_id is distinct from new.evse_id
        or old.id_token_id is distinct from new.id_token_id
        or old.user_id is distinct from new.user_id
    )
)
execute function jobs.tg_sessions__queue_facts();
create trigger sessions__queue_deleted_facts after delete on core.sessions
for each row when (old.state <> 'active')
execute function jobs.tg_sessions__queue_facts();

-- By the statement: a run of rate_sessions writes hundreds at once.
create trigger transactions__queue_inserted_facts after insert on core.transactions
referencing new table as changed_rows
for each statement execute function jobs.tg_transactions__queue_facts();
create trigger transactions__queue_updated_facts after update on core.transactions
referencing new table as changed_rows
for each statement execute function jobs.tg_transactions__queue_facts();
create trigger transactions__queue_deleted_facts after delete on core.transactions
referencing old table as changed_rows
for each statement execute function jobs.tg_transactions__queue_facts();

-- A session that was not priced counts to the tariff that it was offered.
create trigger session_tariffs__queue_facts after update of tariff_version_id
on core.session_tariffs
for each row when (old.tariff_version_id is distinct from new.tariff_version_id)
execute function jobs.tg_session_tariffs__queue_facts();

-- Local days follow the clock of the place.
create trigger tenants__queue_facts after update of time_zone on core.tenants
for each row when (old.time_zone is distinct from new.time_zone)
execute function jobs.tg_time_zone__queue_facts();
create trigger sites__queue_facts after update of time_zone on core.sites
for each row when (old.time_zone is distinct from new.time_zone)
execute function jobs.tg_time_zone__queue_facts();
create trigger charge_points__queue_facts after update of site_id on core.charge_points
for each row when (old.site_id is distinct from new.site_id)
execute function jobs.tg_time_zone__queue_facts();
