"""Counting for reports beside readers, writers and other runners: nobody waits, nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.support.databases import Database

COUNTED = (
    "select sum(f.energy_wh) from core.transaction_facts as f"
    " where f.tenant_id = 101 and f.session_id = 1001"
)


def own(database: Database, statement: str, *values: Any) -> Any:
    """Run one statement as the owner of everything; the first value, if there is one."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        connection.execute("set local lock_timeout = '1s'")
        cursor = connection.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def change(database: Database, energy_wh: int) -> None:
    """A session that is over gets another energy, so that it has to be counted again."""
    own(database, "update core.sessions set energy_wh = %s where id = 1001", energy_wh)
    # What counts is the price in force, and this has none.
    own(
        database,
        "update core.transactions set state = 'written_off', hold_reasons = null, held_at = null,"
        " hold_details = null where session_id = 1001",
    )


def refresh(connection: psycopg.Connection[Any]) -> str:
    """One run of the job."""
    (done,) = connection.execute("select jobs.refresh_facts()").fetchone() or ("",)
    return str(done)


def test_readers_are_never_blocked(database: Database) -> None:
    """While a refresh is open, readers see the figures before it; after it, the new ones."""
    with psycopg.connect(database.jobs_url) as runner:
        refresh(runner)
        runner.commit()
        change(database, 4321)
        before = own(database, COUNTED)
        assert "counted" in refresh(runner)
        with psycopg.connect(database.superuser_url) as reader:
            reader.execute("set lock_timeout = '1s'")
            reader.execute("select tests.act_as('greenway.operator')")
            days = "select sum(unbilled_energy_wh) from api.transaction_statistics(%s, %s)"
            reader.execute(days, ("2026-01-01", "2026-12-31"))
        assert own(database, COUNTED) == before != 4321
        runner.commit()
    assert own(database, COUNTED) == 4321


def test_writers_are_never_blocked(database: Database) -> None:
    """A session that changes while it is counted is counted once more."""
    with psycopg.connect(database.jobs_url) as runner:
        change(database, 4321)
        refresh(runner)
        own(database, "update core.sessions set energy_wh = 9999 where id = 1001")
        runner.commit()
        assert own(database, COUNTED) == 4321
        assert refresh(runner) == "counted 1 sessions and reservations"
        runner.commit()
    assert own(database, COUNTED) == 9999


def test_a_change_that_is_not_committed_waits_in_the_queue(database: Database) -> None:
    """What commits after a run is counted by the next one, however long it was open."""
    with psycopg.connect(database.jobs_url) as runner, psycopg.connect(database.owner_url) as late:
        change(database, 1)
        late.execute("set local role voltaro_owner")
        late.execute("update core.sessions set energy_wh = 7777 where id = 1001")
        refresh(runner)
        runner.commit()
        assert own(database, COUNTED) == 1
        late.commit()
        assert "counted" in refresh(runner)
        runner.commit()
    assert own(database, COUNTED) == 7777


def test_two_runners_at_once_count_once(database: Database) -> None:
    """The second finds the first at work and leaves it to it."""
    change(database, 4321)
    with (
        psycopg.connect(database.jobs_url) as first,
        psycopg.connect(database.jobs_url) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        assert "counted" in refresh(first)
        assert pool.submit(refresh, second).result(timeout=10) == ""
        second.commit()
        first.commit()
    assert own(database, "select count(*) from core.transaction_facts where session_id = 1001") == 1


def test_a_run_that_dies_leaves_its_work(database: Database) -> None:
    """Killed before its commit, it has done nothing; the next run does it."""
    change(database, 4321)
    with psycopg.connect(database.jobs_url) as runner:
        assert "counted" in refresh(runner)
        runner.rollback()
        assert "counted" in refresh(runner)
    assert own(database, COUNTED) == 4321
