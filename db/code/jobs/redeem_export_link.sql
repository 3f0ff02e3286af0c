-- Redeem the token of an address that somebody came with, once: of two who come at once one is
-- served.
--
-- Returned:  whose file it is; no row when there is no such token, when it has been used, when a
--            newer one took its place, when it is over, and when whoever made it may no longer
--            export.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the file server of the jobs runner, which undoes it where the file is not there.
-- Writes:    core.exports.
create or replace function jobs.redeem_export_link(p_token text)
returns table (tenant_id bigint, export_id bigint, attempt integer, file_name text)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    update core.exports as e
    set link_hash = null, link_expires_at = null, fetched_at = now()
    where
        e.link_hash = access.hash_token(p_token)
        and e.link_expires_at > now()
        and e.expires_at > now()
        and access.is_permitted(e.tenant_id, e.link_made_by, 'exports.write')
    returning e.tenant_id, e.id, e.attempts, e.file_name;
$$;
revoke all on function jobs.redeem_export_link(text) from public;
grant execute on function jobs.redeem_export_link(text) to jobs;
comment on function jobs.redeem_export_link(text) is
    'Redeem the token within the address of an export''s file, once.';
