"""Commands on their way to one charger and back (DESIGN decision 9; QUIRKS 22, 24, 41 to 44)."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.bridge.chargers import (
    Charger,
    add_charger,
    connected,
    logged_frames,
    superuser,
    tuned_bridge,
)
from tests.bridge.commands import await_state, command, queue, queue_silently, serve, state_of
from tests.bridge.handlers import HEARTBEAT, replace_handler
from tests.support.databases import Database
from tests.support.processes import RunningBridge

HEARTBEAT_CALL = [2, "h", "Heartbeat", {}]

Settled = Callable[..., AbstractAsyncContextManager[tuple[Charger, str]]]
"""Connects a fresh charger whose first call was answered; yields it and its identity."""


@pytest.fixture(scope="module")
def bridge(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningBridge]:
    """A bridge that finds commands by their bells alone, for chargers that settle by a call."""
    replace_handler(module_database, "heartbeat", HEARTBEAT)
    with tuned_bridge(
        module_database,
        tmp_path_factory.mktemp("bridge"),
        settle_s=3600,
        command_poll_s=3600,
        command_timeout_s=5,
    ) as running:
        yield running


@pytest.fixture
def settled(bridge: RunningBridge, new_charger: Callable[..., str]) -> Settled:
    """Chargers that take commands, on the module's bridge."""

    @asynccontextmanager
    async def connect(**columns: object) -> AsyncIterator[tuple[Charger, str]]:
        identity = new_charger(**columns)
        async with connected(bridge, identity) as client:
            assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
            yield client, identity

    return connect


async def test_a_command_is_sent_and_its_answer_kept(
    settled: Settled, module_database: Database
) -> None:
    async with settled() as (client, identity):
        command_id = queue(module_database, identity, "Reset", {"type": "Soft"})
        frame = await serve(client)
        row = await await_state(module_database, command_id, "accepted")
        assert frame == [2, row.message_id, "Reset", {"type": "Soft"}]
        assert len(row.message_id) <= 36
        assert row.result == {"status": "Accepted"}
        assert row.violations is None
    assert [one[:4] for one in logged_frames(module_database, identity)][2:] == [
        ("out", 2, row.message_id, "Reset"),
        ("in", 3, row.message_id, "Reset"),
    ]


async def test_a_refusal_is_a_rejection(settled: Settled, module_database: Database) -> None:
    async with settled() as (client, identity):
        command_id = queue(module_database, identity, "Reset", {"type": "Hard"})
        await serve(client, {"status": "Rejected"})
        assert (await await_state(module_database, command_id, "rejected")).result == {
            "status": "Rejected"
        }


async def test_an_error_is_an_error(settled: Settled, module_database: Database) -> None:
    async with settled() as (client, identity):
        command_id = queue(module_database, identity)
        frame = await client.receive()
        await client.send([4, frame[1], "NotSupported", "no such thing", {"why": "old"}])
        row = await await_state(module_database, command_id, "error")
        assert (row.error_code, row.error_description) == ("NotSupported", "no such thing")


@pytest.mark.parametrize("answer", ['[3,"{id}"]', '[4,"{id}","Oops"]', '[3,"{id}",[[['])
async def test_an_answer_that_cannot_be_read_ends_the_command(
    settled: Settled, module_database: Database, answer: str
) -> None:
    async with settled() as (client, identity):
        command_id = queue(module_database, identity)
        frame = await client.receive()
        await client.send(answer.replace("{id}", frame[1]))
        row = await await_state(module_database, command_id, "error")
        assert row.error_code == "FormationViolation"
        next_id = queue(module_database, identity)
        await serve(client)
        await await_state(module_database, next_id, "accepted")


async def test_an_answer_that_breaks_its_schema_counts_and_is_flagged(
    settled: Settled, module_database: Database
) -> None:
    async with settled() as (client, identity):
        command_id = queue(module_database, identity)
        await serve(client, {"status": "Accepted", "note": "x"})
        row = await await_state(module_database, command_id, "accepted")
        assert row.violations[0]["keyword"] == "additionalProperties"


@pytest.mark.quirk(42, 43)
async def test_commands_go_one_at_a_time_and_in_order(
    settled: Settled, module_database: Database
) -> None:
    """Also when the charger calls in between (row 42)."""
    async with settled() as (client, identity):
        ids = [
            queue(module_database, identity, "ChangeAvailability", {"connectorId": n, "type": t})
            for n, t in ((1, "Operative"), (2, "Inoperative"), (3, "Operative"))
        ]
        for number, command_id in enumerate(ids, start=1):
            frame = await client.receive()
            assert frame[3]["connectorId"] == number
            answer = await client.call("Heartbeat", {}, message_id=f"between {number}")
            assert answer[:2] == [3, f"between {number}"]
            assert state_of(module_database, command_id) == "sent"
            assert {state_of(module_database, later) for later in ids[number:]} <= {"queued"}
            await client.send([3, frame[1], {"status": "Accepted"}])
        await await_state(module_database, ids[-1], "accepted")


@pytest.mark.quirk(24)
async def test_a_link_settles_when_its_first_call_is_answered(
    bridge: RunningBridge, module_database: Database, new_charger: Callable[..., str]
) -> None:
    """Row 24: the command waited for that, and comes right behind."""
    identity = new_charger()
    async with connected(bridge, identity) as client:
        command_id = queue(module_database, identity)
        await (await client.socket.ping())
        assert state_of(module_database, command_id) == "queued"
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        await serve(client)
        await await_state(module_database, command_id, "accepted")


@pytest.mark.quirk(41, 44)
async def test_stray_answers_do_not_disturb_the_pending_command(
    settled: Settled, module_database: Database
) -> None:
    """Rows 41 and 44: dropped and counted."""
    async with settled() as (client, identity):
        command_id = queue(module_database, identity)
        frame = await client.receive()
        await client.send([3, "never sent", {"status": "Rejected"}])
        await client.send([4, "", "ProtocolError", "", {}])
        await client.send([3, frame[1], {"status": "Accepted"}])
        await client.send([3, frame[1], {"status": "Rejected"}])
        assert (await client.call("Heartbeat", {}, message_id="h2"))[1] == "h2"
        row = await await_state(module_database, command_id, "accepted", "rejected")
        assert row.state == "accepted"


async def test_what_breaks_its_schema_is_never_sent(
    settled: Settled, module_database: Database
) -> None:
    async with settled() as (client, identity):
        bad_id = queue_silently(module_database, identity, "Reset", {"type": "Gently"})
        good_id = queue(module_database, identity)
        frame = await serve(client)
        assert frame[2] == "TriggerMessage"
        row = await await_state(module_database, bad_id, "error")
        assert row.error_code == "FormationViolation"
        await await_state(module_database, good_id, "accepted")


async def test_a_gap_between_commands_is_kept(settled: Settled, module_database: Database) -> None:
    async with settled(quirks=json.dumps({"command_gap_s": 0.6})) as (client, identity):
        ids = [queue(module_database, identity) for _ in range(3)]
        for _ in ids:
            await serve(client)
        await await_state(module_database, ids[-1], "accepted")
    with superuser(module_database) as connection:
        rows = connection.execute(
            "select sent_at, answered_at from ops.commands where id = any(%s) order by id", [ids]
        ).fetchall()
    for (_, answered_at), (sent_at, _) in itertools.pairwise(rows):
        assert (sent_at - answered_at).total_seconds() > 0.55


@pytest.mark.quirk(32)
async def test_a_large_answer_is_kept(settled: Settled, module_database: Database) -> None:
    """Row 32."""
    keys = [{"key": f"Key{number}", "readonly": False, "value": "x" * 400} for number in range(500)]
    async with settled() as (client, identity):
        command_id = queue(module_database, identity, "GetConfiguration", {})
        await serve(client, {"configurationKey": keys, "unknownKey": []})
        row = await await_state(module_database, command_id, "accepted")
        assert len(row.result["configurationKey"]) == 500


@pytest.fixture
def hasty(database: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge with short times, and a charger CP-C."""
    add_charger(database, "CP-C")
    replace_handler(database, "heartbeat", HEARTBEAT)
    with tuned_bridge(
        database,
        tmp_path,
        settle_s=0.5,
        command_timeout_s=0.8,
        command_poll_s=0.2,
        max_unanswered_commands=3,
    ) as bridge:
        yield bridge


@pytest.mark.quirk(24)
async def test_a_silent_link_settles_after_a_while(
    hasty: RunningBridge, database: Database
) -> None:
    command_id = queue_silently(database, "CP-C")
    began = time.monotonic()
    async with connected(hasty, "CP-C") as client:
        await serve(client)
        assert time.monotonic() - began > 0.5
        await await_state(database, command_id, "accepted")


async def test_a_missed_bell_costs_seconds_only(hasty: RunningBridge, database: Database) -> None:
    async with connected(hasty, "CP-C") as client:
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        command_id = queue_silently(database, "CP-C")
        await serve(client)
        await await_state(database, command_id, "accepted")


async def test_a_late_answer_still_counts(hasty: RunningBridge, database: Database) -> None:
    """A time-out is unknown, not failed; and the next command does not wait for the answer."""
    async with connected(hasty, "CP-C") as client:
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        first_id = queue(database, "CP-C")
        first = await client.receive()
        await await_state(database, first_id, "unknown")
        second_id = queue(database, "CP-C")
        second = await client.receive()
        await client.send([3, first[1], {"status": "Rejected"}])
        await client.send([3, second[1], {"status": "Accepted"}])
        await await_state(database, second_id, "accepted")
        await await_state(database, first_id, "rejected")


@pytest.mark.quirk(22)
async def test_a_charger_that_answers_no_command_is_made_to_reconnect(
    hasty: RunningBridge, database: Database
) -> None:
    """Row 22: it calls, and is deaf."""
    async with connected(hasty, "CP-C") as client:
        ids = [queue(database, "CP-C") for _ in range(4)]
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        for _ in range(3):
            assert (await client.receive())[0] == 2
        assert await client.closed() == (1001, "commands are not answered")
    for command_id in ids[:3]:
        assert (await await_state(database, command_id, "unknown")).state == "unknown"
    async with connected(hasty, "CP-C") as client:
        await serve(client)
        await await_state(database, ids[3], "accepted")


async def test_an_answer_ends_the_count_of_unanswered_ones(
    hasty: RunningBridge, database: Database
) -> None:
    async with connected(hasty, "CP-C") as client:
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        for number in range(1, 8):
            command_id = queue(database, "CP-C")
            frame = await client.receive()
            if number % 3 == 0:
                await client.send([3, frame[1], {"status": "Accepted"}])
                await await_state(database, command_id, "accepted")
            else:
                await await_state(database, command_id, "unknown")
        assert (await client.call("Heartbeat", {}, message_id="h2"))[1] == "h2"


async def test_a_lost_socket_makes_its_command_unknown(
    hasty: RunningBridge, database: Database
) -> None:
    with superuser(database) as connection:
        connection.execute(
            "update ops.settings set value = '60' where name = 'bridge.command_timeout_s'"
        )
    async with connected(hasty, "CP-C") as client:
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        command_id = queue(database, "CP-C")
        assert (await client.receive())[0] == 2
        client.socket.transport.abort()
    assert (await await_state(database, command_id, "unknown")).error_code == "ConnectionLost"
    # And is not sent again.
    async with connected(hasty, "CP-C") as client:
        assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
        next_id = queue(database, "CP-C")
        frame = await serve(client)
        assert frame[1] == command(database, next_id).message_id


async def test_schemas_are_stored_at_the_start(database: Database, tmp_path: Path) -> None:
    """The database checks with what the bridge's library ships."""
    with superuser(database) as connection:
        connection.execute("update ops.message_schemas set schema = '{}', digest = 'old'")
        with tuned_bridge(database, tmp_path):

            def are_stored() -> bool:
                row = connection.execute(
                    "select bool_and(schema <> '{}' and digest <> 'old') and count(*) > 30"
                    " from ops.message_schemas"
                ).fetchone()
                return row is not None and bool(row[0])

            async with asyncio.timeout(20):
                while not are_stored():  # noqa: ASYNC110 - another process does it
                    await asyncio.sleep(0.02)
