"""Two transactions at the same time: one identity, one start of a token, whatever the timing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.processes import wait_until

Connection = psycopg.Connection[tuple[Any, ...]]


class Pair:
    """Two connections of the owner; the second runs in a thread, since it may have to wait."""

    def __init__(self, first: Connection, second: Connection, watcher: Connection) -> None:
        self.first = first
        self._second = second
        self._watcher = watcher
        self._pool = ThreadPoolExecutor(max_workers=1)

    def start_second(self, query: LiteralString) -> Future[Any]:
        """Run a query on the second connection; return once it waits for the first."""
        future: Future[Any] = self._pool.submit(self._run, query)
        wait_until(self._is_waiting, what="the second transaction waits for the first")
        return future

    def _run(self, query: LiteralString) -> Any:
        with self._second.transaction():
            row = self._second.execute(query).fetchone()
        assert row is not None
        return row[0]

    def _is_waiting(self) -> bool:
        row = self._watcher.execute(
            "select cardinality(pg_blocking_pids(%s))", [self._second.info.backend_pid]
        ).fetchone()
        return row is not None and row[0] > 0


@pytest.fixture
def pair(database: Database) -> Iterator[Pair]:
    """Two connections and one that watches them."""
    with (
        psycopg.connect(database.owner_url) as first,
        psycopg.connect(database.owner_url, autocommit=True) as second,
        psycopg.connect(database.owner_url, autocommit=True) as watcher,
    ):
        yield Pair(first, second, watcher)


FIRST_CHARGE_POINT: LiteralString = (
    "insert into core.charge_points (tenant_id, identity) values (101, 'RACE-1') returning id"
)
SECOND_CHARGE_POINT: LiteralString = (
    "insert into core.charge_points (tenant_id, identity) values (102, 'race-1') returning id"
)
START: LiteralString = (
    "with s as (insert into core.sessions (tenant_id, charge_point_id, protocol, transaction_id,"
    " start_key, state, id_token_id, authorization_status, started_at)"
    " values (101, 1001, 'ocpp1.6', gen_random_uuid()::text, gen_random_uuid()::text, 'active',"
    " 1003, 'Accepted', now()) returning id)"
    " select (charging.authorize_id_token(101, 1001, 'GWTOKEN3', 'start', now(), s.id)).status"
    " from s"
)


def test_identity_goes_to_one_of_two_who_take_it_at_once(pair: Pair) -> None:
    pair.first.execute(FIRST_CHARGE_POINT)
    second = pair.start_second(SECOND_CHARGE_POINT)
    pair.first.commit()
    with pytest.raises(psycopg.Error, match="the identity race-1 is taken") as raised:
        second.result(timeout=20)
    assert raised.value.sqlstate == "PT409"


def test_identity_goes_to_the_second_when_the_first_gives_up(pair: Pair) -> None:
    pair.first.execute(FIRST_CHARGE_POINT)
    second = pair.start_second(SECOND_CHARGE_POINT)
    pair.first.rollback()
    assert second.result(timeout=20) > 0


def test_token_for_one_session_starts_once_at_two_chargers(pair: Pair) -> None:
    row = pair.first.execute(START).fetchone()
    assert row == ("Accepted",)
    second = pair.start_second(START)
    pair.first.commit()
    assert second.result(timeout=20) == "ConcurrentTx"
