"""Limits as chargers and attackers meet them: a bridge whose settings are small."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets

from tests.bridge.chargers import (
    KEY,
    RawSocket,
    add_charger,
    basic,
    connected,
    superuser,
    tuned_bridge,
    upgrade_request,
)
from tests.bridge.proxy_header import extension, proxy_header
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until


@contextlib.contextmanager
def _limited_bridge(
    database: Database, directory: Path, setting: str, value: float
) -> Iterator[RunningBridge]:
    """A bridge with one small limit, where the tests' own health checks use up no rate."""
    settings = {setting: value, "handshakes_per_s": 10_000.0, "handshake_timeout_s": 2.0}
    with tuned_bridge(database, directory, environment=None, **settings) as bridge:
        yield bridge


def _is_turned_away(bridge: RunningBridge) -> bool:
    """Whether a new socket is closed without a word; whoever is let in gets an answer."""
    with RawSocket(bridge) as raw:
        try:
            raw.send(b"GET /health HTTP/1.1\r\nHost: bridge\r\n\r\n")
            return raw.socket.recv(1) == b""
        except (ConnectionResetError, BrokenPipeError):
            return True


def _enter(stack: contextlib.ExitStack, bridge: RunningBridge, identity: str) -> RawSocket:
    """Connect a charger; the sockets of the health checks may still be there for a moment."""
    found: list[RawSocket] = []

    def is_in() -> bool:
        raw = RawSocket(bridge)
        try:
            raw.upgrade(identity)
        except (AssertionError, ConnectionResetError):
            raw.socket.close()
            return False
        found.append(raw)
        return True

    wait_until(is_in, what="it is let in")
    return stack.enter_context(found[0])


def _status_of(data: bytes) -> int:
    return int(data.split(b" ", 2)[1])


def _ask(bridge: RunningBridge, identity: str, *, key: bytes = KEY, head: bytes = b"") -> int:
    """The HTTP status of a handshake; 0 when the socket is closed without one."""
    with RawSocket(bridge) as raw:
        with contextlib.suppress(OSError):
            raw.send(head + upgrade_request(f"/{identity}", authorization=basic(identity, key)))
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while b"\r\n\r\n" not in data:
                more = raw.socket.recv(1000)
                if not more:
                    break
                data += more
        return _status_of(data) if data else 0


def _last_address(database: Database, identity: str) -> str:
    with superuser(database) as connection:
        row = connection.execute(
            "select c.remote_address from ops.connections as c"
            " inner join core.charge_points as cp"
            " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
            " where cp.identity = %s order by c.id desc limit 1",
            [identity],
        ).fetchone()
    assert row is not None
    return str(row[0])


# Sockets and handshakes


@pytest.mark.parametrize("setting", ["max_sockets", "max_sockets_per_address"])
def test_open_sockets_are_limited(database: Database, tmp_path: Path, setting: str) -> None:
    for number in range(5):
        add_charger(database, f"CP-S{number}")
    with (
        _limited_bridge(database, tmp_path, setting, 5) as bridge,
        contextlib.ExitStack() as stack,
    ):
        sockets = [_enter(stack, bridge, f"CP-S{number}") for number in range(5)]
        assert _is_turned_away(bridge)
        # Those that are in are served, and a place that is free is given again.
        sockets[1].send_text(json.dumps([2, "1", "Heartbeat", {}]).encode())
        assert sockets[1].socket.recv(1000)
        sockets[0].socket.close()
        wait_until(lambda: not _is_turned_away(bridge), what="there is room for another")
        assert "turned 1 sockets away" in bridge.log.read_text()


@pytest.mark.parametrize(
    "setting", ["max_unfinished_handshakes", "max_unfinished_handshakes_per_address"]
)
def test_unfinished_handshakes_are_limited(
    database: Database, tmp_path: Path, setting: str
) -> None:
    """Whoever only opens sockets keeps nobody out for longer than a handshake may take."""
    add_charger(database, "CP-U")
    with (
        _limited_bridge(database, tmp_path, setting, 4) as bridge,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(4):
            stack.enter_context(RawSocket(bridge)).send(b"GET /")
        wait_until(lambda: _is_turned_away(bridge), what="no more are taken")
        wait_until(lambda: _ask(bridge, "CP-U") == 101, what="their time is up")


def test_handshakes_an_address_are_limited(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-H")
    with tuned_bridge(database, tmp_path, handshakes_per_s=2, burst_s=5) as bridge:
        began = time.monotonic()
        outcomes = [_ask(bridge, "CP-H") for _ in range(20)]
        passed = sum(status == 101 for status in outcomes)
        assert set(outcomes) <= {0, 101}
        # At most what was saved up and what the time since then brought.
        assert 5 <= passed <= 10 + 2 * (time.monotonic() - began)
        wait_until(lambda: _ask(bridge, "CP-H") == 101, what="the rate allows another")


def test_twenty_handshakes_a_second_are_no_trouble(database: Database, tmp_path: Path) -> None:
    """With the settings as they come: two hundred from one address as fast as they go."""
    for number in range(50):
        add_charger(database, f"CP-T{number}")
    with tuned_bridge(database, tmp_path) as bridge:
        assert {_ask(bridge, f"CP-T{number % 50}") for number in range(200)} == {101}


# What is refused from memory


def test_what_is_refused_often_is_refused_from_memory(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-M")
    with tuned_bridge(database, tmp_path, refusals_to_remember=3, refusal_memory_s=600) as bridge:
        assert [_ask(bridge, "CP-M", key=b"wrong") for _ in range(6)] == [401] * 6
        with superuser(database) as connection:
            row = connection.execute(
                "select sum(c.attempts) from ops.connections as c where c.refuse_reason is not null"
            ).fetchone()
        assert row == (3,)
        # Nobody else is refused by that, and least of all the charger itself.
        assert _ask(bridge, "CP-M") == 101
        assert _ask(bridge, "CP-M", key=b"wrong too") == 401


def test_memory_is_short(database: Database, tmp_path: Path) -> None:
    """A charger that is admitted meanwhile comes in, with the same request."""
    with tuned_bridge(database, tmp_path, refusals_to_remember=2, refusal_memory_s=1) as bridge:
        assert [_ask(bridge, "CP-N") for _ in range(4)] == [401] * 4
        add_charger(database, "CP-N")
        wait_until(lambda: _ask(bridge, "CP-N") == 101, what="the database is asked again")


def test_a_charger_that_reconnects_all_the_time_is_put_off(
    database: Database, tmp_path: Path
) -> None:
    add_charger(database, "CP-F")
    add_charger(database, "CP-G")
    with tuned_bridge(
        database, tmp_path, reconnects_per_s=1, handshakes_per_s=1000, burst_s=3
    ) as bridge:
        outcomes = [_ask(bridge, "CP-F") for _ in range(8)]
        assert outcomes[:3] == [101] * 3
        assert 429 in outcomes
        assert _ask(bridge, "CP-G") == 101
        wait_until(lambda: _ask(bridge, "CP-F") == 101, what="it is let in again")


# Messages


async def test_too_many_calls_are_answered_later(database: Database, tmp_path: Path) -> None:
    """All of them: the socket is not read for a while, and stays."""
    add_charger(database, "CP-C")
    with tuned_bridge(database, tmp_path, calls_per_s=200, burst_s=0.5) as bridge:
        async with connected(bridge, "CP-C") as client:
            began = time.monotonic()
            for number in range(600):
                await client.send([2, f"m{number}", "Heartbeat", {}])
            answers = [(await client.receive())[1] for _ in range(600)]
            assert answers == [f"m{number}" for number in range(600)]
            # 100 at once, then 200 a second; what stands in one segment is read together.
            assert time.monotonic() - began > 1.5


async def test_a_slow_charger_does_not_slow_another(database: Database, tmp_path: Path) -> None:
    for identity in ("CP-C", "CP-D"):
        add_charger(database, identity)
    with tuned_bridge(database, tmp_path, calls_per_s=5, burst_s=1) as bridge:
        async with connected(bridge, "CP-C") as greedy, connected(bridge, "CP-D") as modest:
            for number in range(200):
                await greedy.send([2, f"m{number}", "Heartbeat", {}])
            began = time.monotonic()
            for number in range(4):
                await modest.call("Heartbeat", {}, message_id=f"h{number}")
            assert time.monotonic() - began < 5


async def test_too_many_bytes_are_read_later(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-B")
    with tuned_bridge(database, tmp_path, bytes_per_s=100_000, burst_s=0.5) as bridge:
        async with connected(bridge, "CP-B") as client:
            began = time.monotonic()
            answer = await client.call("DataTransfer", {"vendorId": "x", "data": "y" * 200_000})
            assert answer[0] == 3
            assert time.monotonic() - began > 1


def test_pings_cost_something_too(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-P")
    with (
        tuned_bridge(database, tmp_path, bytes_per_s=10_000, burst_s=0.1) as bridge,
        RawSocket(bridge) as raw,
    ):
        raw.upgrade("CP-P")
        # Sixty pings count for some 15 kB, and are answered all the same.
        began = time.monotonic()
        raw.send(b"\x89\x80\0\0\0\0" * 60)
        pongs = b""
        while len(pongs) < 120:
            pongs += raw.socket.recv(120 - len(pongs))
        assert pongs == b"\x8a\0" * 60
        # What comes behind them is read when they are paid for.
        raw.send_text(json.dumps([2, "1", "Heartbeat", {}]).encode())
        assert raw.socket.recv(1000)
        assert time.monotonic() - began > 1.4


async def test_a_new_socket_is_no_new_allowance(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-A")
    with tuned_bridge(database, tmp_path, calls_per_s=10, burst_s=1) as bridge:
        began = time.monotonic()
        for _ in range(3):
            async with connected(bridge, "CP-A") as client:
                for number in range(10):
                    await client.call("Heartbeat", {}, message_id=f"m{number}")
        assert time.monotonic() - began > 1.5


async def test_gross_excess_ends_the_connection(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-X")
    with tuned_bridge(
        database, tmp_path, calls_per_s=50, burst_s=0.2, max_throttled_s=0.5
    ) as bridge:
        async with connected(bridge, "CP-X") as client:

            async def flood() -> None:
                number = 0
                while True:
                    number += 1
                    await client.send([2, f"m{number}", "Heartbeat", {}])

            flooding = asyncio.create_task(flood())
            # Data that nobody reads may cost the flooder the close frame (RFC 9293 §3.10.7.1).
            assert (await client.closed())[0] in {1008, 1006}
            with pytest.raises(websockets.ConnectionClosed):
                await flooding
        wait_until(lambda: "code 1008" in bridge.log.read_text(), what="a line about it")
        assert "Traceback" not in bridge.log.read_text()


async def test_fragments_are_limited(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-Y")
    with tuned_bridge(database, tmp_path, max_fragments=10) as bridge:
        call = json.dumps([2, "1", "Heartbeat", {}])
        async with connected(bridge, "CP-Y") as client:
            await client.socket.send(iter(call[at : at + 4] for at in range(0, len(call), 4)))
            assert (await client.receive())[0] == 3
            await client.socket.send(iter(call))
            assert (await client.closed())[0] == 1009


# Behind a proxy


@contextlib.contextmanager
def _bridge_behind_proxy(
    database: Database, directory: Path, **variables: str
) -> Iterator[RunningBridge]:
    environment = {"VOLTARO_TRUSTED_PROXIES": "127.0.0.0/8", **variables}
    with tuned_bridge(
        database, directory, environment=environment, handshakes_per_s=1, burst_s=3
    ) as bridge:
        yield bridge


def _ask_through(bridge: RunningBridge, identity: str, forwarded: str) -> int:
    request = upgrade_request(f"/{identity}", authorization=basic(identity, KEY))
    line = f"X-Forwarded-For: {forwarded}\r\n".encode()
    with RawSocket(bridge) as raw:
        raw.send(request[:-2] + line + b"\r\n")
        return _status_of(raw.socket.recv(1000))


def test_a_listed_proxy_names_its_clients(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-1")
    with _bridge_behind_proxy(database, tmp_path) as bridge:
        assert _ask_through(bridge, "CP-1", "203.0.113.9, 192.0.2.1") == 101
        assert _last_address(database, "CP-1") == "192.0.2.1"
        # Each has a rate of its own, and what a client invents changes nothing.
        outcomes = [_ask_through(bridge, "CP-1", f"203.0.113.{n}, 192.0.2.1") for n in range(6)]
        assert 429 in outcomes
        assert _ask_through(bridge, "CP-1", "192.0.2.2") == 101


def test_anybody_else_names_nobody(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-1")
    with tuned_bridge(database, tmp_path) as bridge:
        assert _ask_through(bridge, "CP-1", "192.0.2.1") == 101
        assert _last_address(database, "CP-1") == "127.0.0.1"


def test_a_proxy_header_names_the_client(database: Database, tmp_path: Path) -> None:
    """And header lines do not: over TCP a balancer never saw them."""
    add_charger(database, "CP-1", security_profile=2)
    directory = tmp_path
    environment = {"VOLTARO_TRUSTED_PROXIES": "127.0.0.2", "VOLTARO_PROXY_PROTOCOL": "1"}
    with tuned_bridge(database, directory, environment=environment) as bridge:
        request = upgrade_request("/CP-1", authorization=basic("CP-1", KEY))
        request = request[:-2] + b"X-Forwarded-For: 203.0.113.9\r\n\r\n"
        tls = extension(0x20, b"\x01\0\0\0\0" + extension(0x21, b"TLSv1.2"))
        head = proxy_header("192.0.2.1", extensions=tls)
        assert _through_balancer(bridge, head + request) == 101
        assert _last_address(database, "CP-1") == "192.0.2.1"
        # No TLS between charger and balancer: profile 2 is not met.
        assert _through_balancer(bridge, proxy_header("192.0.2.1") + request) == 401
        assert (
            _through_balancer(bridge, proxy_header("2001:db8::1", extensions=tls) + request) == 101
        )
        assert _last_address(database, "CP-1") == "2001:db8::1"
        # A balancer's own check, and what is no header at all.
        check = proxy_header(None) + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        assert _through_balancer(bridge, check) == 200
        assert _through_balancer(bridge, request) == 0
        assert _through_balancer(bridge, head[:20]) == 0
        # From any other address it is garbage.
        with RawSocket(bridge) as raw:
            raw.send(head + request)
            assert not raw.receive_all().startswith(b"HTTP/1.1 101")
        assert "Traceback" not in bridge.log.read_text()


def _through_balancer(bridge: RunningBridge, data: bytes) -> int:
    """Send bytes from 127.0.0.2, in pieces; the status of the answer, 0 for none."""
    with socket.create_connection(
        ("127.0.0.1", bridge.port), timeout=10, source_address=("127.0.0.2", 0)
    ) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            for piece in (data[:5], data[5:20], data[20:]):
                raw.sendall(piece)
        if len(data) < 30:
            raw.shutdown(socket.SHUT_WR)
        try:
            answer = raw.recv(1000)
        except ConnectionResetError:
            return 0
        return _status_of(answer) if answer else 0
