"""Chargers and batches at the same moment: one epoch, one row a minute, nothing half done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.support.databases import Database

BRIDGE_ID = "00000000-0000-4000-b000-000000000001"

_OPEN = (
    "select ocpp.open_connection(%s, %s, %s, %s, array['ocpp1.6'], '192.0.2.9', null, null,"
    " 'Charger')"
)
_HANDLE = "select * from ocpp.handle_calls(%s, %s, %s, %s, %s, %s)"


def query(url: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Run one statement in a transaction of its own."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []


def own(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement as the owner of everything."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def handle(
    url: str, calls: Sequence[tuple[int, str, str]], *, before: str = "select 1"
) -> list[tuple[Any, ...]]:
    """Hand over a batch of (connection, action, payload)."""
    with psycopg.connect(url) as connection:
        connection.execute(before)
        now = datetime.now(UTC)
        return connection.execute(
            _HANDLE,
            (
                [call[0] for call in calls],
                [str(number) for number in range(len(calls))],
                [call[1] for call in calls],
                [call[2] for call in calls],
                [None] * len(calls),
                [now] * len(calls),
            ),
        ).fetchall()


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Run `work` in threads that start together; return results, or what they raised."""
    barrier = threading.Barrier(count)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        except psycopg.Error as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def open_chargers(database: Database) -> Database:
    """A database whose chargers need no key."""
    own(database, "update core.charge_points set security_profile = 0")
    return database


def test_of_sockets_that_open_at_once_one_counts(open_chargers: Database) -> None:
    """Eight handshakes of one charger leave one open connection, and presence points at it."""
    results = at_once(
        8,
        lambda _: query(open_chargers.bridge_url, _OPEN, BRIDGE_ID, ["GW-CP-2"], None, None)[0][0],
    )
    assert all(isinstance(result, dict) and result["status"] == 101 for result in results), results
    rows = own(
        open_chargers,
        "select c.id, p.connection_id, p.is_connected from ops.connections as c"
        " join ops.presence as p using (tenant_id, charge_point_id)"
        " where c.charge_point_id = 1002 and c.closed_at is null",
    )
    assert len(rows) == 1
    assert rows[0][0] == rows[0][1]
    assert rows[0][2] is True


def test_opening_and_closing_at_once_does_not_deadlock(open_chargers: Database) -> None:
    """Chargers that reconnect while the ends of their old sockets arrive in other orders."""
    chargers = ["GW-CP-1", "GW-CP-2", "BC-CP-1", "BC-CP-2"]

    def work(number: int) -> None:
        with psycopg.connect(open_chargers.bridge_url, autocommit=True) as connection:
            for _ in range(15):
                order = chargers if number % 2 else chargers[::-1]
                opened = [
                    connection.execute(_OPEN, (BRIDGE_ID, [name], None, None)).fetchone()
                    for name in order
                ]
                ids = [row[0]["connection_id"] for row in opened if row is not None]
                connection.execute(
                    "select ocpp.keep_alive(%s, %s, %s)",
                    (BRIDGE_ID, ids, [datetime.now(UTC)] * len(ids)),
                )
                connection.execute(
                    "select ocpp.close_connections(%s, %s, %s)",
                    (ids, [1000] * len(ids), ["bye"] * len(ids)),
                )

    assert at_once(4, work) == [None] * 4
    assert own(
        open_chargers, "select count(*) from ops.connections where closed_at is null"
    ) == own(open_chargers, "select count(*) from ops.presence where is_connected")


def test_refusals_at_once_are_one_row(database: Database) -> None:
    """A guesser with many sockets adds one row a minute, which counts every attempt."""
    results = at_once(
        8,
        lambda _: query(database.bridge_url, _OPEN, BRIDGE_ID, ["GW-CP-2"], "GW-CP-2", b"guess")[0][
            0
        ]["status"],
    )
    assert results == [401] * 8
    assert own(
        database, "select outcome, attempts from ops.connections where charge_point_id = 1002"
    ) == [("refused", 8)]


def test_a_batch_that_takes_too_long_leaves_nothing(database: Database) -> None:
    """A time-out is our trouble: the batch fails whole, and no charger gets an answer."""
    own(
        database,
        "create function ocpp16.test_sleep(p_call ops.ocpp_call, p_payload jsonb) returns jsonb"
        " language plpgsql as $$ begin perform pg_sleep(60); return '{}'; end $$",
    )
    count = (
        "select (select count(*) from ops.message_log), (select count(*) from ops.failed_messages)"
    )
    before = own(database, count)
    with pytest.raises(errors.QueryCanceled):
        handle(
            database.bridge_url,
            [(1001, "Heartbeat", "{}"), (2001, "TestSleep", "{}")],
            before="set statement_timeout = '300ms'",
        )
    assert own(database, count) == before


def test_a_lock_time_out_leaves_only_its_message_undone(database: Database) -> None:
    """Somebody's lock is our trouble; the first who waits has the time-out, others a moment."""
    own(database, "create table core.test_rows (id integer)")
    own(
        database,
        "create function ocpp16.test_lock(p_call ops.ocpp_call, p_payload jsonb) returns jsonb"
        " language plpgsql as $$ begin insert into core.test_rows values (1); return '{}'; end $$",
    )
    own(
        database,
        "with new_chargers as (insert into core.charge_points (tenant_id, identity)"
        " select 101, 'LOCKED-' || n from generate_series(0, 19) as n returning id, identity)"
        " insert into ops.connections (id, tenant_id, charge_point_id, bridge_id, outcome,"
        " subprotocol) overriding system value"
        " select 6000 + split_part(c.identity, '-', 2)::integer, 101, c.id, b.id, 'accepted',"
        " 'ocpp1.6' from new_chargers as c cross join ops.bridges as b",
    )
    with psycopg.connect(database.owner_url) as blocker:
        blocker.execute("set local role voltaro_owner")
        blocker.execute("lock table core.test_rows in exclusive mode")
        began = time.monotonic()
        rows = handle(
            database.bridge_url,
            [(1001, "Unheard", "{}"), *((6000 + n, "TestLock", "{}") for n in range(20))],
            before="set lock_timeout = '1s'",
        )
        assert time.monotonic() - began < 3
        assert [(row[0], row[2]) for row in rows] == [(1, "NotImplemented")]
    assert handle(database.bridge_url, [(1001, "TestLock", "{}")])[0][1] == "{}"


def test_batches_that_lock_each_other_both_get_through(database: Database) -> None:
    """A deadlock ends with answers or with 40P01, after which the same batch goes through."""
    own(database, "create table core.test_rows (id integer primary key, number integer)")
    own(database, "insert into core.test_rows values (1, 0), (2, 0)")
    own(
        database,
        "create function ocpp16.test_add(p_call ops.ocpp_call, p_payload jsonb) returns jsonb"
        " language plpgsql as $$ begin"
        " update core.test_rows set number = number + 1 where id = (p_payload ->> 'id')::integer;"
        " perform pg_sleep(0.2); return '{}'; end $$",
    )
    own(
        database,
        "insert into ops.connections (id, tenant_id, charge_point_id, bridge_id, outcome,"
        " subprotocol) overriding system value"
        " select 5001, 101, 1002, b.id, 'accepted', 'ocpp1.6' from ops.bridges as b",
    )
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute(f"alter database {database.name} set deadlock_timeout = '50ms'")
    # The chargers are two and in one order; what they lock is shared and in opposite orders.
    batches = [
        [(1001, "TestAdd", '{"id":1}'), (5001, "TestAdd", '{"id":2}')],
        [(1001, "TestAdd", '{"id":2}'), (5001, "TestAdd", '{"id":1}')],
    ]

    def work(number: int) -> int:
        for tries in range(1, 5):
            try:
                rows = handle(database.bridge_url, batches[number])
            except errors.DeadlockDetected:
                continue
            assert [row[1] for row in rows] == ["{}", "{}"]
            return tries
        raise AssertionError("the deadlock does not go away")

    tries = at_once(2, work)
    assert all(isinstance(count, int) for count in tries), tries
    assert own(database, "select number from core.test_rows") == [(2,), (2,)]
