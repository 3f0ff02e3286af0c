-- How long which kind of data is kept, read-only.
--
-- Definer: the rules are the installation's, and of nobody's interest to customers.
create or replace function api.retention_rules()
returns table (kind text, description text, kept_for interval)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        r.table_name,
        r.description,
        make_interval(days => access.get_setting(r.setting)::integer)
    from ops.retention_rules as r
    union all
    select p.table_name, 'By partition, a ' || p.partition_by || ' at once.', p.retention
    from ops.partitioned_tables as p
    order by 1, 2;
$$;
revoke all on function api.retention_rules() from public;
grant execute on function api.retention_rules() to staff, platform;
comment on function api.retention_rules() is
    E'How long which kind of data is kept.\n'
    'Deleted is what is past it: rows that are over by a job, what lies in partitions (meter '
    'values, raw messages, authorizations, the audit log) a partition at once.';
