-- Note that the file of an export is complete and safe on its disk.
--
-- p_url_prefix: where the file server that has the file answers; a token completes the address.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.begin_export.
-- Writes:    core.exports.
create or replace function jobs.finish_export(
    p_tenant_id bigint,
    p_export_id bigint,
    p_row_count bigint,
    p_size_bytes bigint,
    p_sha256 text,
    p_url_prefix text
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    update core.exports as e
    set state = 'ready',
        problem = null,
        finished_at = clock_timestamp(),
        row_count = p_row_count,
        size_bytes = p_size_bytes,
        sha256 = p_sha256,
        file_name = format(
            '%s-%s-%s-%s.csv',
            e.list,
            to_char(e.from_at at time zone 'UTC', 'YYYYMMDD'),
            to_char(e.to_at at time zone 'UTC', 'YYYYMMDD'),
            e.id
        ),
        url_prefix = p_url_prefix,
        expires_at = clock_timestamp()
            + make_interval(days => access.get_setting('exports.keep_days')::integer)
    where e.tenant_id = p_tenant_id and e.id = p_export_id and e.state = 'running';
$$;
revoke all on function jobs.finish_export(bigint, bigint, bigint, bigint, text, text) from public;
grant execute on function jobs.finish_export(bigint, bigint, bigint, bigint, text, text) to jobs;
comment on function jobs.finish_export(bigint, bigint, bigint, bigint, text, text) is
    'Note that the file of an export is complete and safe on its disk.';
