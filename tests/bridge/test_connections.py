"""The life of sockets: replaced, silent, unwanted, too fast (QUIRKS rows 16 to 20 and 67)."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bridge.chargers import (
    RawSocket,
    add_charger,
    connected,
    logged_frames,
    masked_frame,
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


@pytest.fixture
def brisk(database: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge whose intervals are fractions of a second, with a charger CP-L."""
    add_charger(database, "CP-L")
    replace_handler(database, "heartbeat", HEARTBEAT)
    with tuned_bridge(
        database,
        tmp_path,
        ping_interval_s=0.3,
        silence_s=0.9,
        keep_alive_interval_s=0.2,
        max_pending_calls=8,
    ) as bridge:
        yield bridge


@pytest.mark.quirk(16, 17, 18)
async def test_a_new_socket_replaces_the_old_one(brisk: RunningBridge, database: Database) -> None:
    """Rows 16 to 18: and the end of the old one does not unregister the new one."""
    async with connected(brisk, "CP-L") as old:
        assert (await old.call("Heartbeat", {}))[0] == 3
        async with connected(brisk, "cp-l") as new:
            assert await old.closed() == (1000, "replaced by a newer connection")
            assert (await new.call("Heartbeat", {}))[0] == 3
            assert len(open_connections(database, "CP-L")) == 1
            async with connected(brisk, "CP-L") as newest:
                assert (await new.closed())[0] == 1000
                assert (await newest.call("Heartbeat", {}))[0] == 3


async def test_another_bridge_takes_a_charger_over(
    brisk: RunningBridge, database: Database, tmp_path: Path
) -> None:
    with tuned_bridge(database, tmp_path / "other") as other:
        async with connected(brisk, "CP-L") as old, connected(other, "CP-L") as new:
            assert (await old.closed())[0] == 1000
            assert (await new.call("Heartbeat", {}))[0] == 3


async def test_a_disabled_charger_is_sent_away(brisk: RunningBridge, database: Database) -> None:
    async with connected(brisk, "CP-L") as client:
        with superuser(database) as connection:
            connection.execute(
                "update core.charge_points set is_enabled = false where identity = 'CP-L'"
            )
        assert (await client.closed())[0] == 1013


@pytest.mark.quirk(20)
async def test_chargers_are_pinged(brisk: RunningBridge) -> None:
    """Row 20."""
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        assert raw.socket.recv(100) == b"\x89\x04ping"


@pytest.mark.quirk(19)
async def test_any_frame_counts_as_life(brisk: RunningBridge) -> None:
    """Row 19: a charger that never answers a ping stays as long as it says anything."""
    began = time.monotonic()
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        received = b""
        number = 0
        while time.monotonic() < began + 2.5:
            number += 1
            raw.send_text(b'[2,"%d","Heartbeat",{}]' % number)
            answer = b'[3,"%d"' % number
            while answer not in received:
                received += raw.socket.recv(65_536)
            # The next ping paces the loop.
            while b"\x89\x04ping" not in received:
                received += raw.socket.recv(65_536)
            assert b"\x88" not in received
            received = b""


async def test_a_silent_socket_is_closed_after_three_intervals(brisk: RunningBridge) -> None:
    began = time.monotonic()
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        data = b""
        while b"\x88" not in data:
            data += raw.socket.recv(65_536)
    assert 0.8 < time.monotonic() - began < 5
    assert data.count(b"\x89\x04ping") >= 2


@pytest.mark.quirk(20)
async def test_answered_pings_keep_an_idle_socket(brisk: RunningBridge) -> None:
    """The client library answers pings by itself."""
    async with connected(brisk, "CP-L") as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await client.closed()
        assert (await client.call("Heartbeat", {}))[0] == 3


@pytest.mark.quirk(67)
def test_a_charger_that_calls_too_fast_is_read_more_slowly(
    brisk: RunningBridge, database: Database
) -> None:
    """Row 67: what cannot be taken waits in the charger's own buffers, and nothing is lost."""
    replace_handler(database, "heartbeat", f"{AT_GATE} {HEARTBEAT}")
    call = b'[2,"%05d","Heartbeat",{"x":"' + b"y" * 1000 + b'"}]'
    total = 0
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        with closed_gate(database):
            # Well below lock_timeout, after which the call at the gate would be given up.
            raw.socket.settimeout(0.4)
            pending = b""
            try:
                while total < 100_000:
                    pending = masked_frame(0x81, call % total)
                    sent = 0
                    while sent < len(pending):
                        sent += raw.socket.send(pending[sent:])
                    total += 1
                    pending = b""
            except TimeoutError:
                pending = pending[sent:]
            assert total < 100_000, "the bridge reads without end"
        raw.socket.settimeout(20)
        received = b""
        last = b'[3,"%05d"' % (total - 1)
        while last not in received:
            received = received[-100:] + raw.socket.recv(65_536)


async def test_a_charger_that_reads_nothing_is_not_read_either(
    database: Database, tmp_path: Path
) -> None:
    """Answers to a deaf charger do not pile up, and others do not notice."""
    for identity in ("CP-L", "CP-M"):
        add_charger(database, identity)
    replace_handler(database, "heartbeat", HEARTBEAT)
    # Pings are rare, or the deaf charger would be closed as dead on a slow machine.
    with tuned_bridge(database, tmp_path, ping_interval_s=30, max_pending_calls=8) as bridge:
        await _fill_a_deaf_charger(bridge)


async def _fill_a_deaf_charger(bridge: RunningBridge) -> None:
    deaf = RawSocket(bridge)
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.upgrade("CP-L")
    deaf.socket.setblocking(False)
    sent = 0
    # Repetitions are answered from memory, as fast as they come.
    frame = masked_frame(0x81, b'[2,"same","Heartbeat",{}]')
    with deaf:
        async with connected(bridge, "CP-M") as client:

            def is_stuck() -> bool:
                nonlocal sent
                try:
                    for _ in range(1000):
                        if deaf.socket.send(frame) < len(frame):
                            return True
                        sent += 1
                except BlockingIOError:
                    return True
                return False

            while not is_stuck():
                assert sent < 1_000_000, "the bridge answers without end"
                assert (await client.call("Heartbeat", {}, message_id=str(sent)))[0] == 3
            assert (await client.call("Heartbeat", {}, message_id="last"))[0] == 3


@pytest.mark.parametrize(
    "end",
    [
        masked_frame(0x88, b"\x03\xe8"),
        masked_frame(0x88, b"") + masked_frame(0x81, b'[2,"late","DataTransfer",{"vendorId":"v"}]'),
        b"\x81\x02hi",
        masked_frame(0x82, b"binary"),
    ],
    ids=["close", "a call after the close", "an unmasked frame", "a binary frame"],
)
def test_a_call_right_before_the_end_counts(
    brisk: RunningBridge, database: Database, end: bytes
) -> None:
    """The charger sends its last call and its goodbye in one piece; nothing after that counts."""
    replace_handler(database, "data_transfer", 'return \'{"status":"Accepted"}\';')
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        raw.send(masked_frame(0x81, b'[2,"last","DataTransfer",{"vendorId":"v"}]') + end)
        raw.receive_all()
    wait_until(lambda: not open_connections(database, "CP-L"), what="the end is recorded")
    frames = [frame[:3] for frame in logged_frames(database, "CP-L")]
    assert frames == [("in", 2, "last"), ("out", 3, "last")]


async def test_an_end_that_waits_for_a_lock_holds_up_no_other(
    brisk: RunningBridge, database: Database
) -> None:
    add_charger(database, "CP-M")
    with psycopg.connect(database.superuser_url) as blocker:
        async with connected(brisk, "CP-L") as locked, connected(brisk, "CP-M") as other:
            blocker.execute(
                "select from ops.presence where charge_point_id ="
                " (select id from core.charge_points where identity = 'CP-L') for update"
            )
            locked.socket.transport.abort()
            other.socket.transport.abort()
        wait_until(lambda: not open_connections(database, "CP-M"), what="the other end is recorded")
        assert len(open_connections(database, "CP-L")) == 1
    wait_until(lambda: not open_connections(database, "CP-L"), what="its end is recorded, too")


async def test_what_comes_after_our_goodbye_does_not_count(
    brisk: RunningBridge, database: Database
) -> None:
    with RawSocket(brisk) as raw:
        raw.upgrade("CP-L")
        raw.send(masked_frame(0x82, b"binary") + masked_frame(0x81, b'[2,"late","Heartbeat",{}]'))
        raw.receive_all()
    wait_until(lambda: not open_connections(database, "CP-L"), what="the end is recorded")
    assert logged_frames(database, "CP-L") == []


async def test_the_socket_of_a_deleted_charger_is_closed_and_hurts_no_other(
    database: Database, tmp_path: Path
) -> None:
    for identity in ("CP-L", "CP-M", "CP-N"):
        add_charger(database, identity)
    replace_batch_function(database, AT_GATE)
    environment = {"VOLTARO_BRIDGE_WORKERS": "1"}
    with tuned_bridge(database, tmp_path, environment=environment) as bridge:
        async with (
            connected(bridge, "CP-L") as gone,
            connected(bridge, "CP-M") as first,
            connected(bridge, "CP-N") as mate,
        ):
            with superuser(database) as connection:
                connection.execute("delete from core.charge_points where identity = 'CP-L'")
            with closed_gate(database):
                for client in (first, gone, mate):
                    await client.send([2, "1", "Heartbeat", {}])
                    await (await client.socket.ping())
            assert (await first.receive())[0] == 3
            assert (await mate.receive())[0] == 3
            assert (await gone.closed())[0] == 1013
        log = bridge.log.read_text()
        assert "goes one by one" in log
        assert " ERROR " not in log


async def test_the_database_hears_who_is_alive(brisk: RunningBridge, database: Database) -> None:
    async with connected(brisk, "CP-L"):

        def was_seen() -> bool:
            with superuser(database) as connection:
                row = connection.execute(
                    "select max(b.last_seen_at) > now() - interval '1 second' from ops.bridges as b"
                ).fetchone()
            return row is not None and bool(row[0])

        wait_until(was_seen, what="the bridge reports")
