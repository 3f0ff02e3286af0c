"""Commands and everything that moves at the same moment: taken once, in order, one in flight."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

BRIDGE_ID = "00000000-0000-4000-b000-000000000001"
CHANNEL = "bridge_00000000_0000_4000_b000_000000000001"

_TAKE = "select * from ocpp.take_commands(%s, %s)"
_QUEUE = (
    "select q.id from core.charge_points as cp cross join lateral fleet.queue_command("
    " cp, 'TestPing', jsonb_build_object('number', %s::integer)) as q where cp.id = %s"
)


def own(database: Database, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Run one statement as the owner of everything."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        cursor = connection.execute(statement, arguments or None)
        return cursor.fetchall() if cursor.description else []


def take(
    connection: psycopg.Connection[Any], *connection_ids: int
) -> list[tuple[int, str, str, str]]:
    """Take what waits: (connection, message id, action, payload) each."""
    rows = connection.execute(_TAKE, (BRIDGE_ID, list(connection_ids))).fetchall()
    return [row[:4] for row in rows]


def finish(connection: psycopg.Connection[Any], connection_id: int, message_id: str) -> list[int]:
    """Report the answer of a charger; return the connections that have another command."""
    row = connection.execute(
        "select ocpp.finish_commands(%s, %s, array['result'], %s, array[null], array[null],"
        " array[null], %s)",
        ([connection_id], [message_id], ['{"status":"Accepted"}'], [datetime.now(UTC)]),
    ).fetchone()
    assert row is not None
    found: list[int] = row[0]
    return found


def waits(database: Database, process_id: int) -> bool:
    """Whether a backend waits for a lock."""
    return own(database, "select pg_blocking_pids(%s) <> '{}'", process_id) == [(True,)]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    stop_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < stop_at, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def fleet(database: Database) -> Database:
    """A database with a message of tests, which any charger may be sent."""
    own(
        database,
        "insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)"
        " values ('1.6', 'TestPing', 'commands.write', true, '5 minutes')",
    )
    own(
        database,
        "insert into ops.message_schemas (ocpp_version, action, schema, digest)"
        " values ('1.6', 'TestPing', '{}', 'test')",
    )
    return database


def test_commands_are_taken_once_and_in_order(fleet: Database) -> None:
    """Six takers for two chargers at once: no command twice, none out of order or overtaken."""
    count = 30
    for number in range(count):
        for charge_point_id in (1001, 2001):
            own(fleet, _QUEUE, number, charge_point_id)
    barrier = threading.Barrier(6)
    taken: list[tuple[int, str, str]] = []

    def work(worker: int) -> None:
        ids = (1001, 2001) if worker % 2 else (2001, 1001)
        with psycopg.connect(fleet.bridge_url, autocommit=True) as connection:
            barrier.wait()
            stop_at = time.monotonic() + 30
            while len(taken) < 2 * count and time.monotonic() < stop_at:
                for connection_id, message_id, _, payload in take(connection, *ids):
                    # One in flight: nobody else appends for this charger before it is finished.
                    taken.append((connection_id, message_id, payload))
                    finish(connection, connection_id, message_id)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert len({message_id for _, message_id, _ in taken}) == len(taken) == 2 * count
    for charger in (1001, 2001):
        numbers = [payload for connection_id, _, payload in taken if connection_id == charger]
        assert numbers == [f'{{"number":{number}}}' for number in range(count)]
    states = own(fleet, "select distinct state from ops.commands where action = 'TestPing'")
    assert states == [("accepted",)]


def test_a_taker_finds_nothing_beside_one_that_has_not_committed(fleet: Database) -> None:
    """Neither the command that the first one holds nor the one behind it, and without waiting."""
    own(fleet, _QUEUE, 1, 1001)
    own(fleet, _QUEUE, 2, 1001)
    with (
        psycopg.connect(fleet.bridge_url) as first,
        psycopg.connect(fleet.bridge_url, autocommit=True) as second,
    ):
        assert [row[3] for row in take(first, 1001)] == ['{"number":1}']
        assert take(second, 1001) == []
        first.commit()
        assert take(second, 1001) == []
        row = second.execute("select ocpp.list_waiting_connections(%s)", (BRIDGE_ID,)).fetchone()
        assert row == ([],)


def test_a_taker_that_rolls_back_leaves_the_command(fleet: Database) -> None:
    """Nothing was sent, as nothing was committed."""
    own(fleet, _QUEUE, 1, 1001)
    with psycopg.connect(fleet.bridge_url) as first:
        assert len(take(first, 1001)) == 1
        first.rollback()
        assert [row[3] for row in take(first, 1001)] == ['{"number":1}']


def test_a_socket_that_closes_while_its_command_is_taken_loses_it(fleet: Database) -> None:
    """The end of the connection waits for the taker, and then finds its command in flight."""
    own(fleet, _QUEUE, 1, 1001)
    with (
        psycopg.connect(fleet.bridge_url) as taker,
        psycopg.connect(fleet.bridge_url, autocommit=True) as closer,
        ThreadPoolExecutor(1) as pool,
    ):
        assert len(take(taker, 1001)) == 1
        closing = pool.submit(
            closer.execute, "select ocpp.close_connections(array[1001], array[1006], array['x'])"
        )
        until(lambda: waits(fleet, closer.info.backend_pid))
        taker.commit()
        closing.result()
    rows = own(fleet, "select state, error_code from ops.commands where action = 'TestPing'")
    assert rows == [("unknown", "ConnectionLost")]


def test_nothing_is_taken_for_a_socket_that_closes(fleet: Database) -> None:
    """Whoever closes it has it: the taker passes it over, and does not wait."""
    own(fleet, _QUEUE, 1, 1001)
    with (
        psycopg.connect(fleet.bridge_url) as closer,
        psycopg.connect(fleet.bridge_url, autocommit=True) as taker,
    ):
        closer.execute("select ocpp.close_connections(array[1001], array[1006], array['x'])")
        assert take(taker, 1001) == []
        closer.commit()
        assert take(taker, 1001) == []
    assert own(fleet, "select state from ops.commands where action = 'TestPing'") == [("queued",)]


def test_cancelling_and_taking_exclude_each_other(fleet: Database) -> None:
    """A command that is being cancelled is not taken, nor the one behind it in its place."""
    cancelled, following = (own(fleet, _QUEUE, number, 1001)[0][0] for number in (1, 2))
    with (
        psycopg.connect(fleet.superuser_url) as person,
        psycopg.connect(fleet.bridge_url, autocommit=True) as taker,
    ):
        person.execute("select tests.act_as('greenway.operator')")
        row = person.execute("select state from api.cancel_command(%s)", (cancelled,)).fetchone()
        assert row == ("cancelled",)
        assert take(taker, 1001) == []
        person.commit()
        assert [row[3] for row in take(taker, 1001)] == ['{"number":2}']
        person.execute("select tests.act_as('greenway.operator')")
        with pytest.raises(psycopg.Error) as refusal:
            person.execute("select api.cancel_command(%s)", (following,))
        assert refusal.value.sqlstate == "PT409"


def test_a_command_that_is_taken_is_not_cancelled_any_more(fleet: Database) -> None:
    """Who cancels waits for the taker, and is told."""
    (command,) = own(fleet, _QUEUE, 1, 1001)[0]
    with (
        psycopg.connect(fleet.bridge_url) as taker,
        psycopg.connect(fleet.superuser_url) as person,
        ThreadPoolExecutor(1) as pool,
    ):
        assert len(take(taker, 1001)) == 1
        person.execute("select tests.act_as('greenway.operator')")
        cancelling = pool.submit(person.execute, "select api.cancel_command(%s)", (command,))
        until(lambda: waits(fleet, person.info.backend_pid))
        taker.commit()
        refusal = cancelling.exception()
    assert isinstance(refusal, psycopg.Error)
    assert refusal.sqlstate == "PT409"


def test_an_answer_that_is_reported_twice_counts_once(fleet: Database) -> None:
    """Two batches with one answer: its action hears of it once."""
    own(fleet, "create table core.test_answers (id bigint)")
    own(
        fleet,
        """
        create function ocpp16.finished_test_ping(
            p_command ops.commands, p_payload jsonb, p_result jsonb
        )
        returns void language sql as
        $$ insert into core.test_answers (id) values (p_command.id) $$
        """,
    )
    own(fleet, _QUEUE, 1, 1001)
    barrier = threading.Barrier(4)
    with psycopg.connect(fleet.bridge_url, autocommit=True) as connection:
        ((_, message_id, _, _),) = take(connection, 1001)

    def report(_: int) -> None:
        with psycopg.connect(fleet.bridge_url) as connection:
            barrier.wait()
            finish(connection, 1001, message_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(4)))
    assert own(fleet, "select count(*) from core.test_answers") == [(1,)]


def test_the_bell_rings_for_who_is_there(fleet: Database) -> None:
    """The bridge that holds the socket hears its connection; for who is away nobody rings."""
    with (
        psycopg.connect(fleet.bridge_url, autocommit=True) as mine,
        psycopg.connect(fleet.bridge_url, autocommit=True) as other,
    ):
        mine.execute(f'listen "{CHANNEL}"')
        other.execute('listen "bridge_00000000_0000_4000_b000_000000000002"')
        for number, charge_point_id in itertools.product((1, 2), (1002, 1001, 2001)):
            own(fleet, _QUEUE, number, charge_point_id)
        heard = [notice.payload for notice in mine.notifies(timeout=5, stop_after=4)]
        assert heard == ["1001", "2001", "1001", "2001"]
        assert list(other.notifies(timeout=0.1)) == []
        assert list(mine.notifies(timeout=0.1)) == []
