"""Chargers that all come at once (QUIRKS row 28): held back, served, and none told of trouble."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import time
from collections import Counter
from pathlib import Path

import pytest
import websockets

from bridge.admission import Admission
from tests.bridge.chargers import (
    TENANT_ID,
    RawSocket,
    connected,
    superuser,
    tuned_bridge,
    upgrade_request,
)
from tests.support.databases import Database
from tests.support.processes import RunningBridge

COUNT = 200
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


@pytest.fixture
def crowd(database: Database) -> Database:
    """A database with COUNT chargers without keys."""
    with superuser(database) as connection:
        connection.execute(
            "insert into core.charge_points (tenant_id, identity, security_profile)"
            " select %s, 'CP-X' || n, 0 from generate_series(1, %s) as n",
            [TENANT_ID, COUNT],
        )
    return database


async def test_turns_come_at_a_steady_rate_after_a_burst() -> None:
    admission = Admission(per_s=50, burst=5, handshake_timeout_s=2)
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    turns = [admission.reserve("a") for _ in range(100)]
    assert all(turn is not None and turn.done() for turn in turns[:5])
    held = [turn for turn in turns[5:] if turn is not None]
    # Seven tenths of the time of a handshake.
    assert len(held) == 70
    assert set(turns[75:]) == {None}
    for number, turn in enumerate(held, start=1):
        await turn
        assert loop.time() - began_at >= number / 50 - 0.01


async def test_one_at_a_time_is_never_held() -> None:
    admission = Admission(per_s=1000, burst=1, handshake_timeout_s=10)
    for _ in range(20):
        turn = admission.reserve("a")
        assert turn is not None
        assert turn.done()
        await asyncio.sleep(0.002)


async def test_a_flood_of_one_address_keeps_no_other_waiting() -> None:
    """It gets what nobody else wants; its own chargers come in the order in which they came."""
    admission = Admission(per_s=100, burst=1, handshake_timeout_s=5)
    order: list[str] = []

    def queue(address: str, name: str) -> bool:
        turn = admission.reserve(address)
        if turn is not None:
            turn.add_done_callback(lambda _: order.append(name))
        return turn is not None

    admitted = sum(queue("flood", f"flood {number}") for number in range(1000))
    # Seven tenths of the time of a handshake, and of what this loop took.
    assert 350 < admitted < 500
    assert all(queue(f"other {number}", f"other {number}") for number in range(5))
    await asyncio.sleep(0.3)
    assert order[:2] == ["flood 0", "flood 1"]
    assert order[2:8] == [*(f"other {number}" for number in range(5)), "flood 2"]


async def test_a_turn_that_nobody_wants_any_more_costs_nothing() -> None:
    admission = Admission(per_s=10, burst=1, handshake_timeout_s=60)
    turns = [admission.reserve("a") for _ in range(100)]
    for turn in turns[:-1]:
        assert turn is not None
        turn.cancel()
    assert turns[-1] is not None
    async with asyncio.timeout(1):
        await turns[-1]


def test_a_flood_of_strangers_keeps_no_charger_out(crowd: Database, tmp_path: Path) -> None:
    """Without a turn of its own the charger would come last."""
    with (
        tuned_bridge(crowd, tmp_path, admissions_per_s=4, admission_burst=1) as bridge,
        contextlib.ExitStack() as stack,
    ):
        flood = []
        for number in range(20):
            raw = socket.create_connection(("127.0.0.1", bridge.port), 20, ("127.0.0.3", 0))
            stack.enter_context(contextlib.closing(raw))
            raw.sendall(upgrade_request(f"/STRANGER-{number}"))
            flood.append(raw)
        # The first one is refused: they are in.
        assert flood[0].recv(12) == b"HTTP/1.1 401"
        stack.enter_context(RawSocket(bridge)).upgrade("CP-X1")
        answered, _, _ = select.select(flood[1:], [], [], 0)
        assert len(answered) < 15
        assert flood[-1].recv(12) == b"HTTP/1.1 401"


@pytest.mark.quirk(28)
async def test_a_storm_is_admitted_in_its_turn(crowd: Database, tmp_path: Path) -> None:
    """All at once; more of them than there are turns for are asked to come back, and do."""
    with tuned_bridge(
        crowd, tmp_path, admissions_per_s=60, admission_burst=10, handshake_timeout_s=2
    ) as bridge:
        began = time.monotonic()
        outcomes = await asyncio.gather(*(_come_back(bridge, n) for n in range(1, COUNT + 1)))
        took_s = time.monotonic() - began
        assert "Traceback" not in bridge.log.read_text()
    assert sum(refused for refused, _ in outcomes) > 0
    assert (COUNT - 10) / 60 < took_s + 0.5 < 60
    with superuser(crowd) as connection:
        rows = connection.execute(
            "select l.error_code from ops.message_log as l where l.message_type = 4"
        ).fetchall()
    assert rows == []


async def _come_back(bridge: RunningBridge, number: int) -> tuple[int, int]:
    """Connect until admitted, boot; returns how often it was refused, and its interval in s."""
    refusals: list[int] = []
    while True:
        try:
            async with connected(bridge, f"CP-X{number}", open_timeout=30) as client:
                boot = await client.call("BootNotification", BOOT, message_id="boot")
                assert boot[0] == 3, boot
                status = await client.call("StatusNotification", STATUS, message_id="status")
                assert status[0] == 3, status
                break
        except websockets.InvalidStatus as refusal:
            if refusal.response.status_code != 503:
                raise
            refusals.append(int(refusal.response.headers["Retry-After"]))
            # A charger waits as it is told; this one is in a hurry.
            await asyncio.sleep(refusals[-1] / 20)
    assert all(1 <= seconds <= 30 for seconds in refusals)
    return len(refusals), boot[2]["interval"]


async def test_boot_intervals_are_spread(crowd: Database, tmp_path: Path) -> None:
    """Whole seconds, a tenth around the setting: what came together does not stay together."""
    with tuned_bridge(crowd, tmp_path) as bridge:
        intervals = Counter(
            interval
            for _, interval in await asyncio.gather(*(_come_back(bridge, n) for n in range(1, 101)))
        )
    assert min(intervals) >= 270
    assert max(intervals) <= 330
    assert max(intervals.values()) <= 15
