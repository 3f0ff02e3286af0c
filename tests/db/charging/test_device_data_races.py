"""Two requests for one charge point at the same time: one reservation of a connector, and numbers
that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import Database
from tests.support.processes import wait_until

Connection = psycopg.Connection[tuple[Any, ...]]


def ask(connection: Connection, query: LiteralString | sql.SQL | sql.Composed) -> Any:
    """Ask as an operator; the transaction stays open."""
    connection.execute("select tests.act_as('greenway.operator')")
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


class Pair:
    """Two operators; the second asks in a thread, since they may have to wait."""

    def __init__(self, first: Connection, second: Connection, watcher: Connection) -> None:
        self.first = first
        self.second = second
        self._watcher = watcher
        self._pool = ThreadPoolExecutor(max_workers=1)

    def race(self, query: LiteralString) -> tuple[Any, Future[Any]]:
        """Ask the same twice; the second waits for the first, which then commits."""
        mine = ask(self.first, query)
        theirs = self.later(sql.SQL(query))
        self.first.commit()
        return mine, theirs

    def later(self, query: sql.SQL | sql.Composed) -> Future[Any]:
        """Ask with the second connection, which has to wait for the first."""
        theirs: Future[Any] = self._pool.submit(self._run, query)
        wait_until(self._is_waiting, what="the second transaction waits for the first")
        return theirs

    def _run(self, query: sql.SQL | sql.Composed) -> Any:
        with self.second.transaction():
            return ask(self.second, query)

    def _is_waiting(self) -> bool:
        row = self._watcher.execute(
            "select cardinality(pg_blocking_pids(%s))", [self.second.info.backend_pid]
        ).fetchone()
        return row is not None and row[0] > 0


@pytest.fixture
def pair(database: Database) -> Iterator[Pair]:
    """Two connections and one that watches them."""
    with (
        psycopg.connect(database.superuser_url) as first,
        psycopg.connect(database.superuser_url, autocommit=True) as second,
        psycopg.connect(database.superuser_url, autocommit=True) as watcher,
    ):
        yield Pair(first, second, watcher)


def test_a_connector_is_reserved_by_one_of_two(pair: Pair) -> None:
    """The constraint decides; the other is told so."""
    _, theirs = pair.race("select c.id from api.reserve_now('GW-CP-1', 1, 'GWTOKEN3') as c")
    with pytest.raises(psycopg.errors.UniqueViolation, match="reservations_open_connector_key"):
        theirs.result(timeout=20)


def test_reservations_of_any_connector_have_numbers_of_their_own(pair: Pair) -> None:
    """The charger tells them apart by the number."""
    mine, theirs = pair.race(
        "select c.payload -> 'reservationId' from api.reserve_now('GW-CP-1', 0, 'GWTOKEN3') as c"
    )
    assert (mine, theirs.result(timeout=20)) == (1, 2)


def test_a_version_of_a_local_list_is_given_once(pair: Pair) -> None:
    """The second replaces the first, which was not sent yet, under the next number."""
    mine, theirs = pair.race(
        "select c.payload -> 'listVersion' from api.send_local_list('GW-CP-1', 'full') as c"
    )
    assert (mine, theirs.result(timeout=20)) == (1, 2)
    states = pair.first.execute(
        "select state from ops.commands where action = 'SendLocalList' order by id"
    ).fetchall()
    assert states == [("cancelled",), ("queued",)]


def test_charging_profiles_have_numbers_of_their_own(pair: Pair) -> None:
    """Or the second would replace the first wherever it stands."""
    mine, theirs = pair.race(
        "select c.payload #> '{csChargingProfiles,chargingProfileId}'"
        " from api.set_charging_profile('GW-CP-1', 1, charging_profile_id => 1001) as c"
    )
    assert (mine, theirs.result(timeout=20)) == (1, 2)


def test_an_update_that_is_being_cancelled_is_in_nobodys_way(pair: Pair) -> None:
    """Whoever cancels a command locks it and then the list; who sends a full list comes from the
    other end, and passes over what is locked."""
    waiting = ask(pair.first, "select c.id from api.send_local_list('GW-CP-1', 'full') as c")
    pair.first.commit()
    pair.first.execute("select tests.act_as_owner()")
    pair.first.execute("select charging.lock_local_list(101, 1001)")
    cancelled = pair.later(
        sql.SQL("select c.state from api.cancel_command({}) as c").format(waiting)
    )
    sent = ask(pair.first, "select c.id from api.send_local_list('GW-CP-1', 'full') as c")
    pair.first.commit()
    assert cancelled.result(timeout=20) == "cancelled"
    states = pair.first.execute(
        "select id, state from ops.commands where action = 'SendLocalList' order by id"
    ).fetchall()
    assert states == [(waiting, "cancelled"), (sent, "queued")]
