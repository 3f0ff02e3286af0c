"""The jobs runner as a process: it works, reconnects, and ends when told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db import parts
from db.connection import connect
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
