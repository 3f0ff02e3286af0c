"""The jobs runner as a process: it works, reconnects, and ends when told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from db import parts
from db.connection import connect
from jobs.runner import next_run_of
from tests.support.databases import Database
from tests.support.processes import running, wait_until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the runner writes."""
    return tmp_path / "jobs.log"


@pytest.fixture
def runner(database: Database, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A runner on the test's database, whose jobs are all due."""
    with connect(database.owner_url, owner=True) as owner:
        owner.execute("update ops.job_schedules set next_run_at = now()")
    environment = parts.jobs_environment(database.settings)
    with running(parts.module_command("jobs"), environment, log=log) as process:
        yield process


def _count_due(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute(
        "select count(*) from ops.job_schedules where is_enabled and next_run_at <= now()"
    ).fetchone()
    assert row is not None
    return row[0]


def test_every_due_job_runs_and_none_fails(
    runner: subprocess.Popen[bytes], database: Database, log: Path
) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        wait_until(lambda: _count_due(connection) == 0, what="no job is due")
        failed = connection.execute(
            "select job, detail from ops.job_runs where outcome = 'failed'"
        ).fetchall()
    assert failed == []
    assert runner.poll() is None
    assert "failed" not in log.read_text()


def test_a_lost_connection_is_made_again(
    runner: subprocess.Popen[bytes], database: Database, log: Path
) -> None:
    wait_until(lambda: "connected as runner" in log.read_text(), what="a first connection")
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'jobs' and datname = current_database()"
        )
    wait_until(lambda: log.read_text().count("connected as runner") == 2, what="a second one")
    assert "Traceback" not in log.read_text()
    assert runner.poll() is None


def test_sigterm_ends_it(runner: subprocess.Popen[bytes], log: Path) -> None:
    wait_until(lambda: "connected" in log.read_text(), what="a connection")
    runner.terminate()
    assert runner.wait(10) == 0
    assert log.read_text().splitlines()[-1] == "INFO stopped"


def test_without_its_setting_it_says_so(log: Path) -> None:
    with running(parts.module_command("jobs"), {"VOLTARO_JOBS_DATABASE_URL": ""}, log=log) as it:
        assert it.wait(10) == 2
    assert log.read_text() == "VOLTARO_JOBS_DATABASE_URL is not set\n"


def _make_job(database: Database, name: str, body: LiteralString, **schedule: str) -> None:
    """A job with a function of its own, which writes down that it ran."""
    function = sql.SQL(
        "create function jobs.{job}() returns text language plpgsql as $$ begin"
        " insert into core.test_effects values ({name}, clock_timestamp()); {body}"
        " return 'did it'; end $$"
    ).format(job=sql.Identifier(name), name=name, body=sql.SQL(body))
    row = sql.SQL(
        "insert into ops.job_schedules (job, description, {}) values (%s, %s, {})"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, schedule)),
        sql.SQL(", ").join(map(sql.Literal, schedule.values())),
    )
    with connect(database.owner_url, owner=True) as owner:
        owner.execute("create table if not exists core.test_effects (job text, at timestamptz)")
        owner.execute(function)
        owner.execute(row, [name, "a test"])


def _runs(database: Database, name: str) -> int:
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            "select count(*) from ops.job_runs where job = %s and outcome = 'done'", [name]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_long_job_keeps_no_other_waiting(
    runner: subprocess.Popen[bytes], database: Database
) -> None:
    _make_job(database, "test_long", "perform pg_sleep(600);", every="1 hour")
    _make_job(database, "test_short", "", every="1 second")
    wait_until(lambda: _runs(database, "test_short") >= 2, what="the short one ran twice")
    assert _runs(database, "test_long") == 0
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity"
            " where usename = 'jobs' and query like '%run_job%' and wait_event = 'PgSleep'"
        )
    assert runner.poll() is None


def test_two_runners_run_a_job_by_the_calendar_once(
    runner: subprocess.Popen[bytes], database: Database, log: Path
) -> None:
    """Planned by whoever reads the table first; moved to now by hand, it runs once."""
    _make_job(database, "test_monthly", "", cron="0 6 1 * *", next_run_at="infinity")
    environment = parts.jobs_environment(database.settings)
    with (
        running(parts.module_command("jobs"), environment, log=log.with_name("second.log")),
        psycopg.connect(database.superuser_url, autocommit=True) as connection,
    ):

        def planned() -> datetime | None:
            row = connection.execute(
                "select nullif(next_run_at, 'infinity') from ops.job_schedules"
                " where job = 'test_monthly'"
            ).fetchone()
            assert row is not None
            return row[0] if isinstance(row[0], datetime) else None

        wait_until(lambda: planned() is not None, what="it is planned")
        first = planned()
        assert first is not None
        assert (first.day, first.hour, first.minute) == (1, 6, 0)
        assert _runs(database, "test_monthly") == 0
        connection.execute(
            "update ops.job_schedules set next_run_at = now() where job = 'test_monthly'"
        )
        wait_until(lambda: _runs(database, "test_monthly") == 1, what="it ran")
        wait_until(lambda: planned() == first, what="it is planned again")
        rows = connection.execute("select count(*) from core.test_effects").fetchone()
    assert rows == (1,)
    assert runner.poll() is None


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("30 2 * * *", "UTC", "2027-01-01T02:30:00.5+00:00", "2027-01-02T02:30:00+00:00"),
        ("0 6 1 * *", "Europe/Berlin", "2027-03-02T00:00:00+00:00", "2027-04-01T04:00:00+00:00"),
        ("0 3 * * sun", "UTC", "2027-01-01T00:00:00+00:00", "2027-01-03T03:00:00+00:00"),
        # The hour that is there twice, in autumn: the first of both.
        (
            "30 2 31 oct *",
            "Europe/Berlin",
            "2027-10-30T12:00:00+00:00",
            "2027-10-31T00:30:00+00:00",
        ),
    ],
)
def test_calendars_follow_their_zone(cron: str, zone: str, after: str, expected: str) -> None:
    found = next_run_of(cron, zone, datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(expected)


def test_a_calendar_that_never_comes_is_said_to() -> None:
    with pytest.raises(ValueError, match="never comes"):
        next_run_of("0 0 31 2 *", "UTC", datetime.fromisoformat("2027-01-01T00:00:00+00:00"))
