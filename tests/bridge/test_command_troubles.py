"""Commands while something goes wrong: at most once, and nothing that is known gets lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bridge.chargers import (
    Charger,
    add_charger,
    connected,
    open_connections,
    superuser,
    tuned_bridge,
)
from tests.bridge.commands import await_state, command, queue, queue_silently, serve, state_of
from tests.bridge.handlers import AT_GATE, HEARTBEAT, closed_gate, replace_handler
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until

HEARTBEAT_CALL = [2, "h", "Heartbeat", {}]
CHARGERS = ("CP-T0", "CP-T1", "CP-T2")


@pytest.fixture
def prone(database: Database) -> Database:
    """A database with a few chargers."""
    for identity in CHARGERS:
        add_charger(database, identity)
    replace_handler(database, "heartbeat", HEARTBEAT)
    return database


@pytest.fixture
def bridge(prone: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge that polls often."""
    with tuned_bridge(prone, tmp_path, command_poll_s=0.2) as running:
        yield running


def _replace_take(database: Database, before: str, after: str = "") -> None:
    """Put PL/pgSQL bodies around ocpp.take_commands."""
    with superuser(database) as connection:
        connection.execute("create sequence if not exists tests.tries")
        connection.execute("grant all on sequence tests.tries to public")
        connection.execute("alter function ocpp.take_commands rename to real_take_commands")
        connection.execute(
            "create function ocpp.take_commands(p_bridge_id uuid, p_connection_ids bigint[])"  # noqa: S608
            " returns table (connection_id bigint, message_id text, action text, payload text,"
            " timeout_s numeric) language plpgsql security definer as $$ begin"
            f" {before} return query select * from"
            f" ocpp.real_take_commands(p_bridge_id, p_connection_ids); {after} end $$"
        )


def _replace_finish(database: Database, before: str) -> None:
    """Put a PL/pgSQL body in front of ocpp.finish_commands."""
    with superuser(database) as connection:
        connection.execute("create sequence if not exists tests.tries")
        connection.execute("grant all on sequence tests.tries to public")
        connection.execute("alter function ocpp.finish_commands rename to real_finish_commands")
        connection.execute(
            "create function ocpp.finish_commands(a bigint[], b text[], c text[], d text[],"
            " e text[], f text[], g text[], h timestamptz[]) returns bigint[] language plpgsql"
            f" security definer as $$ begin {before}"
            " return ocpp.real_finish_commands(a, b, c, d, e, f, g, h); end $$"
        )


def _raise(sqlstate: str, *, times: int) -> str:
    """A body that fails the first tries."""
    return (
        f"if nextval('tests.tries') <= {times} then raise exception 'on purpose'"
        f" using errcode = '{sqlstate}'; end if;"
    )


def _at_gate(database: Database) -> int:
    with superuser(database) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where usename = 'bridge'"
            " and datname = current_database() and wait_event = 'advisory'"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def _await_gate(database: Database) -> None:
    await asyncio.to_thread(wait_until, lambda: _at_gate(database) == 1, what="the bridge asks")


async def _settle(client: Charger) -> None:
    assert (await client.exchange(HEARTBEAT_CALL))[0] == 3


async def test_what_was_not_written_goes_back_and_is_sent_later(
    prone: Database, bridge: RunningBridge
) -> None:
    """The socket closes between the command's being taken and its frame."""
    _replace_take(prone, "", AT_GATE)
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        with closed_gate(prone):
            command_id = queue(prone, "CP-T0")
            await _await_gate(prone)
            await client.socket.close()
        await await_state(prone, command_id, "queued")
    message_id = command(prone, command_id).message_id
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        assert (await serve(client))[1] == message_id
        row = await await_state(prone, command_id, "accepted")
    assert row.message_id == message_id
    assert row.error_code is None


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_conflicts_are_tried_again(
    prone: Database, bridge: RunningBridge, sqlstate: str
) -> None:
    _replace_take(prone, _raise(sqlstate, times=2))
    _replace_finish(prone, _raise(sqlstate, times=4))
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        command_id = queue(prone, "CP-T0")
        await serve(client)
        await await_state(prone, command_id, "accepted")
    assert " ERROR " not in bridge.log.read_text()


async def test_an_outcome_waits_while_the_database_cannot_store_it(
    prone: Database, bridge: RunningBridge
) -> None:
    """A full disk, say; the next command waits behind it."""
    _replace_finish(prone, _raise("53100", times=5))
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        first_id = queue(prone, "CP-T0")
        second_id = queue(prone, "CP-T0")
        first = await serve(client)
        second = await serve(client)
        await await_state(prone, second_id, "accepted")
    assert state_of(prone, first_id) == "accepted"
    assert first[1] != second[1]


async def test_an_outcome_that_no_database_takes_hurts_no_other(
    prone: Database, bridge: RunningBridge
) -> None:
    """Whatever the batch holds: each is tried on its own."""
    _replace_finish(
        prone, "if 'bad' = any(e) then raise exception 'bad' using errcode = '22023'; end if;"
    )
    async with connected(bridge, "CP-T0") as bad, connected(bridge, "CP-T1") as good:
        await _settle(bad)
        await _settle(good)
        for _ in range(3):
            queue(prone, "CP-T0")
            frame = await bad.receive()
            good_id = queue(prone, "CP-T1")
            other = await good.receive()
            await bad.send([4, frame[1], "bad", "", {}])
            await good.send([3, other[1], {"status": "Accepted"}])
            await await_state(prone, good_id, "accepted")
            with superuser(prone) as connection:
                connection.execute(
                    "update ops.commands set state = 'unknown', finished_at = now()"
                    " where message_id = %s",
                    [frame[1]],
                )


async def test_a_killed_backend_sends_nothing_twice(prone: Database, bridge: RunningBridge) -> None:
    """Whether a command was marked as sent is not known then: it is never guessed."""
    _replace_take(prone, "", AT_GATE)
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        with closed_gate(prone):
            command_id = queue(prone, "CP-T0")
            await _await_gate(prone)
            with superuser(prone) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and query like '%take_commands%'"
                    " and usename = 'bridge'"
                )
        # It was rolled back, so the poll finds it.
        await serve(client)
        await await_state(prone, command_id, "accepted")
        assert (await client.call("Heartbeat", {}, message_id="h2"))[1] == "h2"


async def test_a_charger_whose_rows_are_locked_holds_up_no_other(
    prone: Database, bridge: RunningBridge
) -> None:
    async with connected(bridge, "CP-T0") as locked, connected(bridge, "CP-T1") as free:
        await _settle(locked)
        await _settle(free)
        with psycopg.connect(prone.superuser_url) as blocker:
            locked_id = queue_silently(prone, "CP-T0")
            blocker.execute("select from ops.commands where id = %s for update", [locked_id])
            free_id = queue(prone, "CP-T1")
            await serve(free)
            await await_state(prone, free_id, "accepted")
            assert state_of(prone, locked_id) == "queued"
        await serve(locked)
        await await_state(prone, locked_id, "accepted")


async def test_many_commands_for_many_chargers_arrive_once_each(
    prone: Database, bridge: RunningBridge
) -> None:
    async def answer(client: Charger, count: int) -> list[str]:
        return [(await serve(client))[1] for _ in range(count)]

    async with contextlib.AsyncExitStack() as stack:
        clients = []
        for identity in CHARGERS:
            client = await stack.enter_async_context(connected(bridge, identity))
            await _settle(client)
            clients.append(client)
        ids = [queue(prone, identity) for _ in range(20) for identity in CHARGERS]
        received = await asyncio.gather(*(answer(client, 20) for client in clients))
        for command_id in ids:
            await await_state(prone, command_id, "accepted")
        sent = [command(prone, command_id).message_id for command_id in ids]
        for number, messages in enumerate(received):
            assert messages == sent[number :: len(CHARGERS)]


async def test_a_drain_waits_for_the_answer_and_leaves_the_rest_queued(
    prone: Database, bridge: RunningBridge
) -> None:
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        first_id, second_id = queue(prone, "CP-T0"), queue(prone, "CP-T0")
        frame = await client.receive()
        bridge.process.terminate()
        await asyncio.to_thread(
            wait_until, lambda: "draining" in bridge.log.read_text(), what="it drains"
        )
        await client.send([3, frame[1], {"status": "Accepted"}])
        assert (await client.closed())[0] == 1012
    assert await asyncio.to_thread(bridge.process.wait, 10) == 0
    assert state_of(prone, first_id) == "accepted"
    assert state_of(prone, second_id) == "queued"
    assert not open_connections(prone, "CP-T0")


async def test_a_drain_does_not_wait_for_ever(prone: Database, bridge: RunningBridge) -> None:
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        command_id = queue(prone, "CP-T0")
        await client.receive()
        bridge.process.terminate()
        assert await asyncio.to_thread(bridge.process.wait, 10) == 0
    assert state_of(prone, command_id) == "unknown"


async def test_an_outcome_survives_the_connection_that_stored_it(
    prone: Database, bridge: RunningBridge
) -> None:
    """Whether it was stored is not known then: it is stored again, which changes nothing."""
    _replace_finish(prone, AT_GATE)
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        command_id = queue(prone, "CP-T0")
        with closed_gate(prone):
            await serve(client)
            await _await_gate(prone)
            with superuser(prone) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and query like '%finish_commands%'"
                    " and usename = 'bridge'"
                )
        await await_state(prone, command_id, "accepted")
        next_id = queue(prone, "CP-T0")
        await serve(client)
        await await_state(prone, next_id, "accepted")


async def test_a_strange_row_harms_no_other_command(prone: Database, bridge: RunningBridge) -> None:
    """Whatever ocpp.take_commands returns."""
    with superuser(prone) as connection:
        connection.execute("create sequence tests.tries")
        connection.execute("grant all on sequence tests.tries to public")
        connection.execute("alter function ocpp.take_commands rename to real_take_commands")
        connection.execute(
            "create function ocpp.take_commands(p_bridge_id uuid, p_connection_ids bigint[])"
            " returns table (connection_id bigint, message_id text, action text, payload text,"
            " timeout_s numeric) language plpgsql security definer as $$ begin"
            " if nextval('tests.tries') <= 2 then"
            " return query select id, null::text, 'Reset', null::text, null::numeric"
            " from unnest(p_connection_ids) as id; else"
            " return query select * from"
            " ocpp.real_take_commands(p_bridge_id, p_connection_ids); end if; end $$"
        )
    async with connected(bridge, "CP-T0") as client:
        await _settle(client)
        command_id = queue(prone, "CP-T0")
        await serve(client)
        await await_state(prone, command_id, "accepted")


async def test_an_outcome_that_waits_for_a_lock_holds_up_no_command(
    prone: Database, bridge: RunningBridge
) -> None:
    _replace_finish(prone, AT_GATE)
    async with connected(bridge, "CP-T0") as slow, connected(bridge, "CP-T1") as quick:
        await _settle(slow)
        await _settle(quick)
        slow_id = queue(prone, "CP-T0")
        with closed_gate(prone):
            await serve(slow)
            await _await_gate(prone)
            quick_id = queue(prone, "CP-T1")
            await serve(quick)
            assert state_of(prone, slow_id) == state_of(prone, quick_id) == "sent"
        await await_state(prone, slow_id, "accepted")
        await await_state(prone, quick_id, "accepted")


async def test_outcomes_that_wait_are_bounded(prone: Database, tmp_path: Path) -> None:
    """Answers of a megabyte each, and a disk that stays full: the newest are given up."""
    count = 18
    with superuser(prone) as connection:
        connection.execute("create table tests.full_disk (is_full boolean)")
        connection.execute("insert into tests.full_disk values (true)")
        connection.execute("grant all on tests.full_disk to public")
    _replace_finish(
        prone,
        "if (select is_full from tests.full_disk) then"
        " raise exception 'on purpose' using errcode = '53100'; end if;",
    )
    for number in range(count):
        add_charger(prone, f"CP-M{number}")
    answer = {"configurationKey": [{"key": "K", "readonly": False, "value": "x" * 1_000_000}]}
    with tuned_bridge(prone, tmp_path, command_timeout_s=60) as bridge:
        async with contextlib.AsyncExitStack() as stack:
            ids = []
            for number in range(count):
                client = await stack.enter_async_context(
                    connected(bridge, f"CP-M{number}", max_size=None)
                )
                await _settle(client)
                ids.append(queue(prone, f"CP-M{number}", "GetConfiguration", {}))
                await serve(client, answer)
                # The answer was read when the next call is answered.
                assert (await client.call("Heartbeat", {}, message_id="h2"))[1] == "h2"
            dropped = bridge.log.read_text().count("is dropped")
            assert 1 <= dropped <= 3
            with superuser(prone) as connection:
                connection.execute("update tests.full_disk set is_full = false")
            for command_id in ids[: count - dropped]:
                await await_state(prone, command_id, "accepted")
            for command_id in ids[count - dropped :]:
                assert state_of(prone, command_id) == "sent"
