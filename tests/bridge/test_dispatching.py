"""Batches over a real database that fails, conflicts and waits (DESIGN decisions 5 and 11)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import websockets

from tests.bridge.chargers import (
    Charger,
    add_charger,
    connected,
    open_connections,
    superuser,
    tuned_bridge,
)
from tests.bridge.handlers import (
    AT_GATE,
    HEARTBEAT,
    closed_gate,
    replace_batch_function,
    replace_handler,
)
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until

_COUNT = 12


@pytest.fixture
def batches(database: Database) -> Database:
    """A database that writes down each batch: its actions, in order."""
    with superuser(database) as connection:
        connection.execute(
            "create table tests.batches (id bigint generated always as identity, actions text[])"
        )
    replace_handler(database, "heartbeat", HEARTBEAT)
    replace_handler(database, "data_transfer", 'return \'{"status":"Accepted"}\';')
    for number in range(_COUNT):
        add_charger(database, f"CP-D{number}")
    return database


@contextlib.asynccontextmanager
async def _many(bridge: RunningBridge) -> AsyncIterator[list[Charger]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(connected(bridge, f"CP-D{number}"))
            for number in range(_COUNT)
        ]


def _batches(database: Database) -> list[list[str]]:
    with superuser(database) as connection:
        rows = connection.execute("select actions from tests.batches order by id").fetchall()
    return [row[0] for row in rows]


_NOTE = "insert into tests.batches (actions) values (p_actions);"


async def test_what_waits_goes_in_one_batch(batches: Database, tmp_path: Path) -> None:
    replace_batch_function(batches, f"{AT_GATE} {_NOTE}")
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                for client in clients:
                    await client.send([2, "1", "Heartbeat", {}])
                    await (await client.socket.ping())
            assert [(await client.receive())[0] for client in clients] == [3] * _COUNT
    sizes = [len(actions) for actions in _batches(batches)]
    assert sizes == [1, _COUNT - 1]


async def test_solo_actions_go_in_small_batches_of_their_own(
    batches: Database, tmp_path: Path
) -> None:
    replace_batch_function(batches, f"{AT_GATE} {_NOTE}")
    with superuser(batches) as connection:
        connection.execute(
            "create or replace function ocpp.list_solo_actions() returns text[]"
            " language sql immutable as $$ select array['DataTransfer'] $$"
        )
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                for client in clients:
                    await client.send([2, "1", "DataTransfer", {"vendorId": "v"}])
                    await client.send([2, "2", "Heartbeat", {}])
                    await (await client.socket.ping())
            for client in clients:
                assert [(await client.receive())[1] for _ in range(2)] == ["1", "2"]
    for actions in _batches(batches):
        assert len(set(actions)) == 1
        assert actions[0] != "DataTransfer" or len(actions) <= 8


@pytest.mark.quirk(61)
async def test_a_batch_that_conflicts_is_run_again(batches: Database, tmp_path: Path) -> None:
    """A serialisation failure or a deadlock never reaches a charger (QUIRKS row 61)."""
    replace_batch_function(
        batches,
        "if nextval('tests.tries') % 3 <> 0 then"
        " raise exception using errcode = case when random() < 0.5 then '40001' else '40P01' end;"
        " end if;",
    )
    with superuser(batches) as connection:
        connection.execute("create sequence tests.tries")
    # One lane, or the tries of two would share the sequence and one could be unlucky four times.
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            for client in clients:
                await client.send([2, "1", "Heartbeat", {}])
            assert [(await client.receive())[0] for client in clients] == [3] * _COUNT


async def test_an_endless_conflict_sends_the_charger_away(
    batches: Database, tmp_path: Path
) -> None:
    replace_batch_function(batches, "raise exception using errcode = '40P01';")
    with tuned_bridge(batches, tmp_path) as bridge:
        async with connected(bridge, "CP-D1") as client:
            await client.send([2, "1", "Heartbeat", {}])
            assert (await client.closed())[0] == 1013


@pytest.mark.parametrize(("sqlstate", "code"), [("22000", 1011), ("53100", 1013)])
async def test_one_poisonous_call_hurts_no_other(
    batches: Database, tmp_path: Path, sqlstate: str, code: int
) -> None:
    """A batch that fails as a whole is taken apart; only the call that fails alone pays."""
    with superuser(batches) as connection:
        connection.execute(
            "create function tests.refuse_poison(p_ids text[]) returns void language plpgsql"
            " as"
            f" $$ begin if 'poison' = any(p_ids) then raise sqlstate '{sqlstate}'; end if; end $$"
        )
    replace_batch_function(
        batches,
        f"{AT_GATE} perform tests.refuse_poison(p_message_ids);",
    )
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                for number, client in enumerate(clients):
                    message_id = "poison" if number == 5 else str(number)
                    await client.send([2, message_id, "Heartbeat", {}])
                    await (await client.socket.ping())
            for number, client in enumerate(clients):
                if number == 5:
                    assert (await client.closed())[0] == code
                else:
                    assert (await client.receive())[:2] == [3, str(number)]
        assert "Traceback" not in bridge.log.read_text()


async def test_a_batch_that_takes_too_long_is_not_taken_apart(
    batches: Database, tmp_path: Path
) -> None:
    """Its calls would take as long again, each of them."""
    replace_batch_function(
        batches,
        f"{AT_GATE} if 'poison' = any(p_message_ids) then raise warning 'one try';"
        " raise sqlstate '57014'; end if;",
    )
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                for number, client in enumerate(clients):
                    await client.send([2, "poison" if number == 5 else "1", "Heartbeat", {}])
                    await (await client.socket.ping())
            assert (await clients[0].receive())[0] == 3
            for client in clients[1:]:
                assert (await client.closed())[0] == 1013
        assert "one by one" not in bridge.log.read_text()


async def test_calls_one_by_one_do_not_take_for_ever(batches: Database, tmp_path: Path) -> None:
    """A batch that was taken apart leaves its rest to the chargers, after five seconds."""
    replace_batch_function(
        batches,
        f"{AT_GATE} if cardinality(p_actions) > 1 then raise sqlstate '53100'; end if;"
        " if 'slow' = any(p_message_ids) then perform pg_sleep(2); end if;",
    )
    with tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                for number, client in enumerate(clients):
                    await client.send([2, "slow" if number else "first", "Heartbeat", {}])
                    await (await client.socket.ping())
            ends = [await _end(client) for client in clients]
    assert ends.count("answered") == 4
    assert ends.count(1013) == _COUNT - 4


async def _end(client: Charger) -> str | int:
    """How a call ended: answered, or with the code of a closed socket."""
    try:
        await client.receive()
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    return "answered"


@pytest.mark.parametrize("is_table", [False, True], ids=["a row", "a table"])
async def test_what_somebody_locks_stops_only_who_needs_it(
    batches: Database, tmp_path: Path, is_table: bool
) -> None:
    """Its charger is sent away; the others of its lane have their answers within seconds."""
    with superuser(batches) as connection:
        connection.execute(
            "create table tests.rows (id integer); insert into tests.rows values (1);"
            " grant all on tests.rows to public"
        )
    replace_handler(
        batches,
        "data_transfer",
        'perform from tests.rows for update; return \'{"status":"Accepted"}\';',
    )
    blocked = 8 if is_table else 1
    with (
        tuned_bridge(batches, tmp_path, environment={"VOLTARO_BRIDGE_WORKERS": "1"}) as bridge,
        psycopg.connect(batches.superuser_url) as blocker,
    ):
        async with _many(bridge) as clients:
            blocker.execute(
                "lock table tests.rows" if is_table else "select from tests.rows for update"
            )
            began = time.monotonic()
            for client in clients[:blocked]:
                await client.send([2, "1", "DataTransfer", {"vendorId": "v"}])
            for client in clients[blocked:]:
                assert (await client.call("Heartbeat", {}))[0] == 3
            # Two batches wait once each for lock_timeout (2 s).
            assert time.monotonic() - began < 7
            for client in clients[:blocked]:
                assert (await client.closed())[0] == 1013
        assert " ERROR " not in bridge.log.read_text()


async def test_our_own_trouble_is_no_answer(batches: Database, tmp_path: Path) -> None:
    """A missing table is mended, and then the charger is served; an answer would be final."""
    replace_handler(batches, "data_transfer", "perform from tests.missing; return '{}';")
    with tuned_bridge(batches, tmp_path) as bridge:
        async with connected(bridge, "CP-D1") as client:
            await client.send([2, "1", "DataTransfer", {"vendorId": "v"}])
            assert (await client.closed())[0] == 1013
    with superuser(batches) as connection:
        kept = connection.execute("select from ops.failed_messages where sqlstate = '42P01'")
        assert kept.fetchall() == []


async def test_a_slow_charger_does_not_hold_up_the_answers_of_others(
    batches: Database, tmp_path: Path
) -> None:
    """Two lanes: while one waits for a lock, the chargers of the other are served."""
    replace_handler(batches, "data_transfer", f"{AT_GATE} {HEARTBEAT}")
    with tuned_bridge(batches, tmp_path) as bridge:
        async with _many(bridge) as clients:
            with closed_gate(batches):
                await clients[0].send([2, "slow", "DataTransfer", {"vendorId": "v"}])
                for client in clients[1:]:
                    await client.send([2, "1", "Heartbeat", {}])
                receiving = [asyncio.ensure_future(client.receive()) for client in clients[1:]]
                await asyncio.wait(receiving, timeout=3)
                assert any(one.done() for one in receiving)
            await asyncio.gather(*receiving)


async def test_what_a_charger_sent_before_it_left_is_kept(
    batches: Database, tmp_path: Path
) -> None:
    """Power goes right after a call: it is processed all the same, then the end is recorded."""
    replace_handler(
        batches,
        "data_transfer",
        f"{AT_GATE} perform tests.note(p_payload ->> 'vendorId');"
        ' return \'{"status":"Accepted"}\';',
    )
    with superuser(batches) as connection:
        connection.execute(
            "create function tests.note(text) returns void language sql security definer"
            " as 'insert into tests.batches (actions) values (array[$1])'"
        )
    with tuned_bridge(batches, tmp_path) as bridge:
        async with connected(bridge, "CP-D1") as client:
            with closed_gate(batches):
                for number in range(3):
                    await client.send([2, str(number), "DataTransfer", {"vendorId": str(number)}])
                await (await client.socket.ping())
                client.socket.transport.abort()
        wait_until(
            lambda: _batches(batches) == [["0"], ["1"], ["2"]], what="all three calls are run"
        )

        wait_until(lambda: not open_connections(batches, "CP-D1"), what="the end is recorded")
