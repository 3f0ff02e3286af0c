-- Make partitions ahead of time and drop those past retention.
--
-- Partitions are made with `like` and attached, which locks out nobody (`partition of` blocks
-- readers and writers of the whole table); an empty table needs no check to be attached at once.
-- `like` copies neither row-level security nor grants: the first is switched on, and there are
-- none of the second, so a partition is reached through its parent only.
-- Between the first and the last partition there is no gap, however long this job did not run:
-- ops.partitioned_tables says which range exists, and writers clamp times by it.
-- Dropping locks the whole table for a moment: where that takes longer than 200 ms the
-- partition stays until the next run.
-- Runs keep apart by the tables' rows in ops.partitioned_tables, which only the owner can lock. A
-- table that another run holds is passed over and named in the answer.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due, ocpp.handle_calls and ocpp.log_frames (when a partition is missing),
--            python -m db migrate.
-- Writes:    partitions of the tables in ops.partitioned_tables, and their ranges there.
-- Returns:   what was done and what was passed over, empty for nothing.
create or replace function jobs.list_partitions(p_table regclass)
returns table (partition regclass, lower_at timestamptz, upper_at timestamptz)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        i.inhrelid::regclass,
        b.bounds[1]::timestamptz,
        b.bounds[2]::timestamptz
    from pg_catalog.pg_inherits as i
    inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
    cross join lateral (
        select regexp_match(
            pg_get_expr(c.relpartbound, c.oid),
            '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$'
        ) as bounds
    ) as b
    where i.inhparent = p_table
    order by 2
$$;
revoke all on function jobs.list_partitions(regclass) from public;
comment on function jobs.list_partitions(regclass) is
    'The partitions of a table that is partitioned by time, and the range of each.';

create or replace function jobs.create_partition(
    p_table regclass,
    p_name text,
    p_lower_at timestamptz,
    p_upper_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'create table %s (like %s including all excluding identity)', p_name, p_table
    );
    execute format('alter table %s enable row level security', p_name);
    execute format(
        'alter table %s attach partition %s for values from (%L) to (%L)',
        p_table, p_name, p_lower_at, p_upper_at
    );
end;
$$;
revoke all on function jobs.create_partition(regclass, text, timestamptz, timestamptz)
from public;
comment on function jobs.create_partition(regclass, text, timestamptz, timestamptz) is
    'Make one partition and attach it without locking anybody out.';

create or replace function jobs.drop_partition(p_name text)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lock_timeout constant text := current_setting('lock_timeout');
    v_done text;
begin
    perform set_config('lock_timeout', '200ms', true);
    begin
        execute format('drop table %s', p_name);
        v_done := 'dropped ' || p_name;
    exception
        when lock_not_available then
            v_done := 'left ' || p_name || ', which is in use';
    end;
    perform set_config('lock_timeout', v_lock_timeout, true);
    return v_done;
end;
$$;
revoke all on function jobs.drop_partition(text) from public;
comment on function jobs.drop_partition(text) is
    'Drop a partition, or leave it for the next run where somebody holds it.';

create or replace function jobs.maintain_partitions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
    v_table ops.partitioned_tables;
    v_partition record;
    v_unit interval;
    v_keep_from timestamptz;
    v_done text[] := '{}';
begin
    for v_name in
        select t.table_name from ops.partitioned_tables as t order by t.table_name
    loop
        select t.* into v_table
        from ops.partitioned_tables as t
        where t.table_name = v_name
        for no key update skip locked;
        if not found then
            v_done := v_done || ('left ' || v_name || ', which another run holds');
            continue;
        end if;
        v_unit := ('1 ' || v_table.partition_by)::interval;
        v_keep_from := date_trunc(v_table.partition_by, now() - v_table.retention, 'UTC');

        for v_partition in
            select
                format(
                    '%s_%s',
                    v_table.table_name,
                    to_char(
                        g.lower_at at time zone 'UTC',
                        case v_table.partition_by when 'day' then 'YYYY_MM_DD' else 'YYYY_MM' end
                    )
                ) as name,
                g.lower_at,
                date_add(g.lower_at, v_unit, 'UTC') as upper_at
            from generate_series(
                greatest(
                    v_keep_from,
                    least(
                        v_table.lower_at,
                        date_trunc(v_table.partition_by, now() - v_table.behind, 'UTC')
                    )
                ),
                date_trunc(v_table.partition_by, now() + v_table.ahead, 'UTC'),
                v_unit,
                'UTC'
            ) as g (lower_at)
            where not exists (
                select
                from jobs.list_partitions(v_table.table_name::regclass) as l
                where l.lower_at = g.lower_at
            )
            order by g.lower_at
        loop
            perform jobs.create_partition(
                v_table.table_name::regclass, v_partition.name, v_partition.lower_at,
                v_partition.upper_at
            );
            v_done := v_done || ('made ' || v_partition.name);
        end loop;

        for v_partition in
            select l.partition::text as name
            from jobs.list_partitions(v_table.table_name::regclass) as l
            where l.upper_at <= v_keep_from
            order by l.lower_at
        loop
            v_done := v_done || jobs.drop_partition(v_partition.name);
        end loop;

        update ops.partitioned_tables as t
        set lower_at = l.lower_at, upper_at = l.upper_at
        from (
            select min(p.lower_at) as lower_at, max(p.upper_at) as upper_at
            from jobs.list_partitions(v_table.table_name::regclass) as p
        ) as l
        where
            t.table_name = v_table.table_name
            and (t.lower_at, t.upper_at) is distinct from (l.lower_at, l.upper_at);
    end loop;
    return array_to_string(v_done, ', ');
end;
$$;
revoke all on function jobs.maintain_partitions() from public;
grant execute on function jobs.maintain_partitions() to jobs;
comment on function jobs.maintain_partitions() is
    'Make partitions ahead of time and drop those past retention; returns what was done.';
