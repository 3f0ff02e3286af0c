"""Retries on one socket (QUIRKS rows 38 and 40, R2): the same call gets the same answer."""

from __future__ import annotations

from collections.abc import Iterator
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
from tests.bridge.handlers import AT_GATE, closed_gate, replace_handler
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until

# Counts how often it ran; the count is the answer's second.
_COUNTER = (
    "create table if not exists tests.runs (at timestamptz default clock_timestamp());"
    " grant all on tests.runs to public;"
)
_COUNTING = (
    "insert into tests.runs default values; return jsonb_build_object('currentTime',"
    " '2026-01-01T00:00:' || to_char((select count(*) from tests.runs), 'FM00') || 'Z');"
)


@pytest.fixture
def counting(database: Database) -> Database:
    """A database whose Heartbeat says how often it ran."""
    with superuser(database) as connection:
        connection.execute(_COUNTER)
    replace_handler(database, "heartbeat", _COUNTING)
    add_charger(database, "CP-R")
    return database


@pytest.fixture
def counting_bridge(counting: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge on that database."""
    with tuned_bridge(counting, tmp_path) as bridge:
        yield bridge


def _runs(database: Database) -> int:
    with superuser(database) as connection:
        row = connection.execute("select count(*) from tests.runs").fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.quirk(38)
async def test_a_repeated_call_gets_the_same_answer_and_runs_once(
    counting: Database, counting_bridge: RunningBridge
) -> None:
    async with connected(counting_bridge, "CP-R") as client:
        first = await client.call("Heartbeat", {}, message_id="1")
        assert await client.call("Heartbeat", {}, message_id="1") == first
        assert await client.call("Heartbeat", {}, message_id="2") != first
        assert _runs(counting) == 2
    wait_until(lambda: len(logged_frames(counting, "CP-R")) == 6, what="replays are logged too")


async def test_the_same_id_with_another_payload_is_another_call(
    counting: Database, counting_bridge: RunningBridge
) -> None:
    async with connected(counting_bridge, "CP-R") as client:
        first = await client.call("Heartbeat", {}, message_id="1")
        assert await client.call("Heartbeat", {"a": 1}, message_id="1") != first
        assert _runs(counting) == 2


@pytest.mark.quirk(40)
async def test_an_id_means_nothing_on_another_socket(counting_bridge: RunningBridge) -> None:
    """Row 40: ids restart after a boot."""
    answers = []
    for _ in range(2):
        async with connected(counting_bridge, "CP-R") as client:
            answers.append(await client.call("Heartbeat", {}, message_id="1"))
    assert answers[0] != answers[1]


@pytest.mark.quirk(38)
async def test_a_repetition_waits_for_the_first_one(
    counting: Database, counting_bridge: RunningBridge
) -> None:
    replace_handler(counting, "heartbeat", f"{AT_GATE} {_COUNTING}")
    async with connected(counting_bridge, "CP-R") as client:
        with closed_gate(counting):
            for _ in range(3):
                await client.send([2, "1", "Heartbeat", {}])
            # Pongs come in order with frames: all three have been read.
            await (await client.socket.ping())
        answers = [await client.receive() for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
    assert _runs(counting) == 1


async def test_old_answers_are_forgotten(counting_bridge: RunningBridge) -> None:
    async with connected(counting_bridge, "CP-R") as client:
        first = await client.call("Heartbeat", {}, message_id="first")
        for number in range(16):
            await client.call("Heartbeat", {}, message_id=str(number))
        assert await client.call("Heartbeat", {}, message_id="first") != first


async def test_an_internal_error_is_tried_afresh(database: Database, tmp_path: Path) -> None:
    """What failed on our side may work the next time."""
    add_charger(database, "CP-R")
    replace_handler(database, "heartbeat", "raise exception 'secret detail';")
    with tuned_bridge(database, tmp_path) as bridge:
        async with connected(bridge, "CP-R") as client:
            failed = await client.call("Heartbeat", {}, message_id="1")
            assert failed[:3] == [4, "1", "InternalError"]
            assert "secret" not in failed[3]
            replace_handler(
                database, "heartbeat", 'return \'{"currentTime":"2026-01-01T00:00:00Z"}\';'
            )
            assert (await client.call("Heartbeat", {}, message_id="1"))[0] == 3


@pytest.mark.quirk(47)
async def test_what_is_sent_is_always_valid(database: Database, tmp_path: Path) -> None:
    """An answer that breaks the schema is our defect and never leaves (QUIRKS row 47)."""
    add_charger(database, "CP-R")
    replace_handler(database, "heartbeat", 'return \'{"currentTime":"yesterday"}\';')
    with tuned_bridge(database, tmp_path) as bridge:
        async with connected(bridge, "CP-R") as client:
            assert (await client.call("Heartbeat", {}))[:3] == [4, "m1", "InternalError"]
        assert "is not valid" in bridge.log.read_text()


async def test_calls_of_one_charger_are_answered_in_order(counting_bridge: RunningBridge) -> None:
    async with connected(counting_bridge, "CP-R") as client:
        await _send_many(client, 50)
        answers = [await client.receive() for _ in range(50)]
    assert [answer[1] for answer in answers] == [str(number) for number in range(50)]
    times = [answer[2]["currentTime"] for answer in answers]
    assert times == sorted(times)


async def _send_many(client: Charger, count: int) -> None:
    for number in range(count):
        await client.send([2, str(number), "Heartbeat", {}])
