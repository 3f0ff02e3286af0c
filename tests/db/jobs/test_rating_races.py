"""Sessions are priced once, however many price them, whoever is killed and whatever changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

_SESSIONS = 60


def own(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement as the owner of everything."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def acting(database: Database, persona: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction in which somebody of the personas acts."""
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("select tests.act_as(%s)", (persona,))
        yield connection


@pytest.fixture
def waiting(database: Database) -> Database:
    """A database with sessions that wait to be priced, half of them more than once."""
    own(database, "delete from ops.sessions_to_rate")
    own(
        database,
        """
        insert into core.sessions (
            tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
            authorization_status, started_at, ended_at, stop_received_at, meter_start_wh,
            meter_stop_wh, energy_wh
        )
        overriding system value
        select
            101 + n % 2, 10000 + n, 1002 + n % 2 * 1000, 'ocpp1.6', n::text, 'made-' || n, 'ended',
            'SOMETOKEN', 'Accepted', now() - interval '2 hours', now() - interval '1 hour', now(),
            1000, 11000, 10000
        from generate_series(1, 60) as n
        """,
    )
    own(
        database,
        "insert into ops.sessions_to_rate (tenant_id, session_id)"
        " select tenant_id, id from core.sessions where id > 10000 and id % 2 = 0",
    )
    return database


def ratings(database: Database) -> list[tuple[Any, ...]]:
    """How many sessions have how many ratings at which price."""
    return own(
        database,
        "select x.ratings, x.total, count(*) from ("
        " select t.session_id, count(r.version) as ratings, max(r.total_incl_vat)::text as total"
        " from core.transactions as t left join core.ratings as r on r.transaction_id = t.id"
        " where t.session_id > 10000 group by 1) as x group by 1, 2 order by 1, 2",
    )


def run_until_idle(url: str, barrier: threading.Barrier) -> None:
    """Run the job until it finds nothing that is free."""
    with psycopg.connect(url, autocommit=True) as connection:
        barrier.wait()
        while True:
            row = connection.execute("select jobs.rate_sessions()").fetchone()
            assert row is not None
            assert "failed" not in row[0]
            if row[0] == "":
                return


def test_runners_at_once_rate_each_session_once(waiting: Database) -> None:
    """Four runners, small batches, sessions that are queued twice: one rating each."""
    own(waiting, "update ops.settings set value = '7' where name = 'pricing.rate_batch'")
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run_until_idle(waiting.jobs_url, barrier), range(4)))
    # What was locked by another in the last round is left to the next run.
    run_until_idle(waiting.jobs_url, threading.Barrier(1))
    assert ratings(waiting) == [(1, "5.95", _SESSIONS)]
    assert own(waiting, "select count(*) from ops.sessions_to_rate") == [(0,)]


def test_a_runner_that_is_killed_loses_nothing(waiting: Database) -> None:
    """What it had priced is gone with it, and is priced by the next one."""
    runner = psycopg.connect(waiting.jobs_url)
    row = runner.execute("select jobs.rate_sessions(), pg_backend_pid()").fetchone()
    assert row is not None
    assert row[0].startswith(f"rated {_SESSIONS} sessions")
    with psycopg.connect(waiting.superuser_url, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (row[1],))
    with pytest.raises(psycopg.OperationalError):
        runner.execute("select 1")
    runner.close()
    assert ratings(waiting) == []
    run_until_idle(waiting.jobs_url, threading.Barrier(1))
    assert ratings(waiting) == [(1, "5.95", _SESSIONS)]


def test_a_session_that_changes_meanwhile_is_left_for_the_next_run(waiting: Database) -> None:
    """The job waits for no charger, and prices what the charger says in the end."""
    with psycopg.connect(waiting.owner_url) as charger:
        charger.execute("set local role voltaro_owner")
        charger.execute(
            "update core.sessions set meter_stop_wh = 21000, energy_wh = 20000 where id = 10001"
        )
        run_until_idle(waiting.jobs_url, threading.Barrier(1))
        assert ratings(waiting) == [(1, "5.95", _SESSIONS - 1)]
    run_until_idle(waiting.jobs_url, threading.Barrier(1))
    assert ratings(waiting) == [(1, "11.90", 1), (1, "5.95", _SESSIONS - 1)]


def test_a_correction_beside_the_job(waiting: Database) -> None:
    """The operator waits for the runner, and both ratings are there in their order."""
    with psycopg.connect(waiting.jobs_url) as runner:
        runner.execute("select jobs.rate_sessions()")
        with ThreadPoolExecutor(1) as pool, acting(waiting, "greenway.operator") as operator:
            correction = pool.submit(
                operator.execute,
                "select api.correct_session(session => 10002, reason => 'by hand',"
                " meter_stop_wh => 3000)",
            )
            with psycopg.connect(waiting.superuser_url, autocommit=True) as watcher:
                waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
                while watcher.execute(waits).fetchone() is None:
                    assert not correction.done()
            runner.commit()
            correction.result(timeout=20)
    assert own(
        waiting,
        "select r.version, r.reason, r.total_incl_vat::text from core.ratings as r"
        " inner join core.transactions as t on t.id = r.transaction_id and t.session_id = 10002"
        " order by 1",
    ) == [(1, "ended", "5.95"), (2, "corrected", "1.19")]


def test_two_operators_at_once(waiting: Database) -> None:
    """Whoever comes second hears that it is decided, and nothing is decided twice."""
    own(
        waiting,
        "update core.sessions set hold_reason = 'presumed_end',"
        ' hold_details = \'[{"reason": "presumed_end"}]\' where id = 10001',
    )
    run_until_idle(waiting.jobs_url, threading.Barrier(1))
    barrier = threading.Barrier(2)

    def release() -> str | None:
        with acting(waiting, "bluecharge.operator") as connection:
            barrier.wait()
            try:
                connection.execute("select api.release_session(10001, 'The driver left then.')")
            except psycopg.Error as error:
                return error.diag.message_primary
        return None

    with ThreadPoolExecutor(2) as pool:
        answers = {future.result() for future in [pool.submit(release), pool.submit(release)]}
    assert answers == {None, "the session is not held"}
    assert own(
        waiting, "select count(*) from core.session_resolutions where session_id = 10001"
    ) == [(1,)]
