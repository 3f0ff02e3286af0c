"""Live costs whose job is killed, or run by two at once, while chargers go on reporting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

Connection = psycopg.Connection[tuple[Any, ...]]

SESSIONS = 5


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """A superuser's connection, with running sessions whose budgets are used up."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into core.id_tokens (tenant_id, id_token)"
            " select 101, 'RACE-' || n from generate_series(1, %s) as n",
            [SESSIONS],
        )
        connection.execute(
            "insert into core.budgets (tenant_id, id_token_id, per, max_energy_wh)"
            " select 101, t.id, 'session', 1000 from core.id_tokens as t"
            " where t.id_token like 'RACE-%'"
        )
        connection.execute(
            "insert into core.sessions (tenant_id, charge_point_id, protocol, transaction_id,"
            " start_key, state, id_token, id_token_id, started_at, meter_start_wh, last_meter_wh,"
            " energy_wh, last_reading_at)"
            " select 101, 1001, 'ocpp1.6', t.id::text, t.id::text, 'active', t.id_token, t.id,"
            " now() - interval '1 hour', 0, 2000, 2000, now()"
            " from core.id_tokens as t where t.id_token like 'RACE-%'"
        )
        yield connection


def read_meters(owner: Connection) -> None:
    """Give every session a reading, which waits for nobody."""
    with owner.transaction():
        owner.execute("set local lock_timeout = '1s'")
        owner.execute(
            "update core.sessions set last_meter_wh = 3000, energy_wh = 3000,"
            " last_reading_at = now(), updated_at = now() where state = 'active'"
        )


def calculations(owner: Connection) -> list[int]:
    """How often each running session was priced."""
    rows = owner.execute(
        "select k.calculations from core.session_costs as k"
        " join core.sessions as s on s.tenant_id = k.tenant_id and s.id = k.session_id"
        " where s.state = 'active'"
    ).fetchall()
    return [row[0] for row in rows]


def stops(owner: Connection) -> int:
    """How many sessions were told to stop, each once."""
    row = owner.execute(
        "select count(*), count(distinct payload) from ops.commands"
        " where action = 'RemoteStopTransaction'"
    ).fetchone()
    assert row is not None
    assert row[0] == row[1], "a session was told twice"
    return int(row[0])


def run_once(database: Database) -> str:
    """Run the job in a transaction of its own."""
    with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
        row = jobs.execute("select jobs.refresh_session_costs()").fetchone()
    assert row is not None
    return str(row[0])


def test_a_killed_run_is_as_if_it_had_not_been(database: Database, owner: Connection) -> None:
    """No cost and no command of it is there; the next run makes each once."""
    doomed = psycopg.connect(database.jobs_url)
    doomed.execute("select jobs.refresh_session_costs()")
    owner.execute("select pg_terminate_backend(%s, 10000)", [doomed.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        doomed.commit()
    doomed.close()
    assert (calculations(owner), stops(owner)) == ([], 0)

    for _ in range(3):
        run_once(database)
    assert (calculations(owner), stops(owner)) == ([1] * SESSIONS, SESSIONS)


def test_a_second_runner_does_nothing_meanwhile(database: Database, owner: Connection) -> None:
    """Each reading is priced once, and each session stopped once, by whoever is first."""
    with psycopg.connect(database.jobs_url) as first:
        first.execute("select jobs.refresh_session_costs()")
        assert run_once(database) == ""
    assert (calculations(owner), stops(owner)) == ([1] * SESSIONS, SESSIONS)


def test_readings_do_not_wait_for_the_job_and_are_priced_by_the_next(
    database: Database, owner: Connection
) -> None:
    """What comes while the job runs is seen by the run after it."""
    with psycopg.connect(database.jobs_url) as first:
        first.execute("select jobs.refresh_session_costs()")
        read_meters(owner)
    assert calculations(owner) == [1] * SESSIONS
    run_once(database)
    run_once(database)
    assert calculations(owner) == [2] * SESSIONS
    row = owner.execute("select count(*) from core.session_costs where energy_wh = 3000").fetchone()
    assert row == (SESSIONS,)
