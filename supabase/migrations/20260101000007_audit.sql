-- Generated from db/migrations/0007-audit.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Who changed what.
-- depends: 0006-operations

create table core.audit_log (
    tenant_id bigint,
    id bigint not null generated always as identity,
    changed_at timestamptz not null,
    user_id uuid,
    actor text not null,
    table_name text not null,
    row_key jsonb not null,
    operation text not null,
    old_values jsonb,
    new_values jsonb,
    constraint audit_log_pkey primary key (id, changed_at),
    constraint audit_log_operation_check check (operation in ('insert', 'update', 'delete'))
) partition by range (changed_at);
create index audit_log_changed_at_idx on core.audit_log (tenant_id, changed_at desc);
create index audit_log_row_idx on core.audit_log (tenant_id, table_name, row_key, changed_at desc);
alter table core.audit_log enable row level security;
comment on table core.audit_log is
    'Every change of a row that people edit: who, when, from what to what. Append-only.';

insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention) values
    ('core.audit_log', 'month', '2 months', '0', '120 months');

reset role;
