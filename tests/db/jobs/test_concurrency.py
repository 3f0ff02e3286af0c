"""Jobs beside each other and beside readers: each effect once, nobody waits."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.support.databases import Database


def own(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement as the owner of everything."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def run_all(url: str, name: str, barrier: threading.Barrier) -> list[str]:
    """Run jobs as a runner does until none is due; return their names."""
    ran: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        barrier.wait()
        while row := connection.execute("select job from jobs.run_due(%s)", (name,)).fetchone():
            ran.append(row[0])
    return ran


def test_runners_at_once_run_each_job_once(database: Database) -> None:
    """Four runners, five due jobs: each runs once, each effect is there once."""
    own(database, "delete from ops.job_schedules")
    own(database, "create table core.test_effects (job text, happened_at timestamptz)")
    names = ["test_a", "test_b", "test_c", "test_d", "test_e"]
    own(
        database,
        """
        do $do$
        declare
            v_job text;
        begin
            foreach v_job in array array['test_a', 'test_b', 'test_c', 'test_d', 'test_e'] loop
                execute format(
                    'create function jobs.%1$I() returns text language plpgsql as $$ begin '
                    'insert into core.test_effects values (%1$L, now()); perform pg_sleep(0.1); '
                    'return ''done''; end $$',
                    v_job
                );
                insert into ops.job_schedules (job, every, description)
                values (v_job, '1 hour', 'a test');
            end loop;
        end
        $do$
        """,
    )
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        ran = list(
            pool.map(
                lambda number: run_all(database.jobs_url, f"runner {number}", barrier), range(4)
            )
        )
    assert sorted(job for jobs in ran for job in jobs) == names
    assert own(database, "select job from core.test_effects order by 1") == [(n,) for n in names]
    assert own(database, "select job from ops.job_runs where job like 'test\\_%' order by 1") == [
        (name,) for name in names
    ]


def test_a_job_that_always_times_out_does_not_stop_the_others(database: Database) -> None:
    """A statement time-out is a failed run like any other."""
    own(database, "delete from ops.job_schedules")
    own(
        database,
        "create function jobs.test_sleep() returns text language plpgsql as"
        " $$ begin perform pg_sleep(60); return 'woke'; end $$",
    )
    own(
        database,
        "insert into ops.job_schedules (job, every, next_run_at, description) values"
        " ('test_sleep', '1 hour', now() - interval '1 day', 'sleeps'),"
        " ('expire_records', '1 hour', now(), 'works')",
    )
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        connection.execute("set statement_timeout = '300ms'")
        first = connection.execute("select job, outcome from jobs.run_due('here')").fetchone()
        second = connection.execute("select job, outcome from jobs.run_due('here')").fetchone()
    assert first == ("test_sleep", "failed")
    assert second == ("expire_records", "done")


def test_a_partition_that_is_read_is_dropped_later(database: Database) -> None:
    """Retention waits for nobody: the partition stays, writers go on, the next run drops it."""
    own(
        database,
        "update ops.partitioned_tables set retention = '3 days'"
        " where table_name = 'ops.message_log'",
    )
    own(
        database,
        "create table ops.message_log_old partition of ops.message_log"
        " for values from (now() - interval '60 days') to (now() - interval '59 days')",
    )
    own(database, "alter table ops.message_log_old enable row level security")
    with psycopg.connect(database.owner_url) as reader:
        reader.execute("set local role voltaro_owner")
        reader.execute("select from ops.message_log_old")
        started = time.monotonic()
        with psycopg.connect(database.jobs_url, autocommit=True) as connection:
            done = connection.execute("select jobs.maintain_partitions()").fetchone()
        assert time.monotonic() - started < 5
        assert done is not None
        assert "left ops.message_log_old, which is in use" in done[0]
        # Whoever writes is not kept waiting either.
        own(
            database,
            "insert into ops.message_log (tenant_id, charge_point_id, connection_id, received_at,"
            " direction, payload) values (101, 1001, 1001, now(), 'in', '{}')",
        )
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        done = connection.execute("select jobs.maintain_partitions()").fetchone()
    assert done is not None
    assert "dropped ops.message_log_old" in done[0]


def test_partitions_are_made_while_the_table_is_read_and_written(database: Database) -> None:
    """Making a partition locks out nobody: a reader and a writer are in the middle of theirs."""
    own(
        database,
        "update ops.partitioned_tables set ahead = '12 days' where table_name = 'ops.message_log'",
    )
    with (
        psycopg.connect(database.owner_url) as reader,
        psycopg.connect(database.owner_url) as writer,
        psycopg.connect(database.jobs_url, autocommit=True) as runner,
    ):
        for connection in (reader, writer):
            connection.execute("set local role voltaro_owner")
        reader.execute("select count(*) from ops.message_log")
        writer.execute(
            "insert into ops.message_log (tenant_id, charge_point_id, connection_id, received_at,"
            " direction, payload) values (101, 1001, 1001, now(), 'in', '{}')"
        )
        runner.execute("set lock_timeout = '1s'")
        done = runner.execute("select jobs.maintain_partitions()").fetchone()
    assert done is not None
    assert "made ops.message_log_" in done[0]


def test_maintenance_at_once_is_done_once(database: Database) -> None:
    """The second run leaves it to the first instead of waiting or failing."""
    own(database, "update ops.partitioned_tables set ahead = ahead + interval '3 months'")
    barrier = threading.Barrier(3)

    def maintain(_: int) -> str:
        with psycopg.connect(database.jobs_url, autocommit=True) as connection:
            barrier.wait()
            row = connection.execute("select jobs.maintain_partitions()").fetchone()
            assert row is not None
            return str(row[0])

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(maintain, range(3)))
    assert sum("made ops.message_log" in text for text in done) == 1


def test_a_table_that_another_run_holds_is_named(database: Database) -> None:
    """Runs keep apart by rows that only the owner can lock; what was passed over is reported."""
    own(database, "update ops.partitioned_tables set ahead = ahead + interval '3 months'")
    with (
        psycopg.connect(database.owner_url) as other,
        psycopg.connect(database.jobs_url, autocommit=True) as runner,
    ):
        other.execute("set local role voltaro_owner")
        other.execute(
            "select from ops.partitioned_tables where table_name = 'ops.message_log' for update"
        )
        runner.execute("set lock_timeout = '1s'")
        done = runner.execute("select jobs.maintain_partitions()").fetchone()
    assert done is not None
    assert "left ops.message_log, which another run holds" in done[0]
    assert "made core.audit_log_" in done[0]


def test_a_bridge_that_reports_is_not_marked_lost(database: Database) -> None:
    """A bridge whose report is under way holds its row, and is passed over."""
    own(database, "update ops.bridges set last_seen_at = now() - interval '1 hour'")
    own(database, "update ops.job_schedules set next_run_at = now()")
    with psycopg.connect(database.bridge_url) as reporting:
        reporting.execute(
            "select ocpp.keep_alive('00000000-0000-4000-b000-000000000001', '{}', '{}')"
        )
        with psycopg.connect(database.jobs_url, autocommit=True) as runner:
            done = runner.execute("select jobs.mark_lost_connections()").fetchone()
        assert done == ("",)
    assert own(database, "select count(*) > 0 from ops.connections where closed_at is null") == [
        (True,)
    ]
