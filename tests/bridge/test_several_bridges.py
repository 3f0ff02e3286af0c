"""Several bridges on one database: chargers move, bridges die and restart, commands find them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import websockets

from tests.bridge.chargers import (
    Charger,
    add_charger,
    await_ready,
    connected,
    open_connections,
    superuser,
    tuned_bridge,
)
from tests.bridge.commands import await_state, queue, serve, state_of
from tests.bridge.handlers import HEARTBEAT, replace_handler
from tests.support.databases import Database
from tests.support.processes import RunningBridge, running_bridge, wait_until

HEARTBEAT_CALL = [2, "h", "Heartbeat", {}]
NEVER = 3600


@pytest.fixture
def network(database: Database) -> Database:
    """A database with chargers CP-N0 to CP-N11."""
    for number in range(12):
        add_charger(database, f"CP-N{number}")
    replace_handler(database, "heartbeat", HEARTBEAT)
    return database


@pytest.fixture
def pair(network: Database, tmp_path: Path) -> Iterator[tuple[RunningBridge, RunningBridge]]:
    """Two bridges that neither poll nor report: what they do at once, they were told."""
    with (
        tuned_bridge(
            network, tmp_path / "first", command_poll_s=NEVER, keep_alive_interval_s=NEVER
        ) as first,
        running_bridge(network.settings, tmp_path / "second") as second,
    ):
        await_ready(second)
        yield first, second


async def _settle(client: Charger) -> None:
    assert (await client.exchange(HEARTBEAT_CALL))[0] == 3


async def test_a_charger_that_moves_is_closed_at_the_old_bridge_at_once(
    pair: tuple[RunningBridge, RunningBridge], network: Database
) -> None:
    """And commands find it where it is."""
    first, second = pair
    async with connected(first, "CP-N0") as old:
        await _settle(old)
        async with connected(second, "CP-N0") as new:
            assert await old.closed() == (1000, "replaced by a newer connection")
            await _settle(new)
            command_id = queue(network, "CP-N0")
            await serve(new)
            await await_state(network, command_id, "accepted")
            assert len(open_connections(network, "CP-N0")) == 1
            async with connected(first, "CP-N0") as back:
                assert (await new.closed())[0] == 1000
                await _settle(back)
                command_id = queue(network, "CP-N0")
                await serve(back)
                await await_state(network, command_id, "accepted")


async def test_a_command_in_flight_when_its_charger_moves_is_unknown(
    pair: tuple[RunningBridge, RunningBridge], network: Database
) -> None:
    first, second = pair
    async with connected(first, "CP-N0") as old:
        await _settle(old)
        ids = [queue(network, "CP-N0") for _ in range(2)]
        frame = await old.receive()
        async with connected(second, "CP-N0") as new:
            assert (await old.closed())[0] == 1000
            assert state_of(network, ids[0]) == "unknown"
            # It settles, is asked for at the next bell, and never sees the first one.
            await _settle(new)
            ids.append(queue(network, "CP-N0"))
            received = [(await serve(new))[1] for _ in range(2)]
            assert frame[1] not in received
            for command_id in ids[1:]:
                await await_state(network, command_id, "accepted")


async def test_each_of_two_bridges_rings_for_its_own(
    pair: tuple[RunningBridge, RunningBridge], network: Database
) -> None:
    first, second = pair
    async with connected(first, "CP-N0") as one, connected(second, "CP-N1") as other:
        await _settle(one)
        await _settle(other)
        ids = [queue(network, identity) for identity in ("CP-N1", "CP-N0")]
        await asyncio.gather(serve(one), serve(other))
        for command_id in ids:
            await await_state(network, command_id, "accepted")


def test_bridges_that_share_a_home_and_a_port_have_ids_of_their_own(tmp_path: Path) -> None:
    """Containers on one volume, say: an id belongs to a process, and later to its successor."""
    script = "from bridge.settings import Settings as S; print(S.from_environment().bridge_id)"
    environment = {
        **os.environ,
        "VOLTARO_HOME": str(tmp_path / "home"),
        "VOLTARO_BRIDGE_DATABASE_URL": "postgresql://nowhere",
        "VOLTARO_OCPP_PORT": "9000",
    }

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-uc", f"{script}; input()"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def bridge_id(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline()

    lives = []
    for _ in range(2):
        processes = [start(), start(), start()]
        ids = [bridge_id(process) for process in processes]
        assert len(set(ids)) == 3
        lives.append(set(ids))
        for process in processes:
            process.communicate("\n")
    assert lives[0] == lives[1]


async def test_a_killed_bridge_loses_its_chargers_to_the_others(
    network: Database, tmp_path: Path
) -> None:
    """Those that come back are taken over at once, the others are offline after the lease."""
    with superuser(network) as connection:
        connection.execute("update ops.settings set value = '1' where name like '%bridge_lease_s'")
    with (
        tuned_bridge(network, tmp_path / "first", keep_alive_interval_s=0.2) as first,
        running_bridge(network.settings, tmp_path / "second") as second,
    ):
        await_ready(second)
        async with contextlib.AsyncExitStack() as stack:
            for number in range(4):
                client = await stack.enter_async_context(connected(first, f"CP-N{number}"))
                await _settle(client)
            kept_id = queue(network, "CP-N1")
            os.kill(first.process.pid, signal.SIGKILL)
        # Where the command was in flight is gone with the bridge.
        async with connected(second, "CP-N0") as client, connected(second, "CP-N1") as other:
            await _settle(client)
            command_id = queue(network, "CP-N0")
            await serve(client)
            await await_state(network, command_id, "accepted")
            await _settle(other)
            assert state_of(network, kept_id) in ("unknown", "sent", "queued", "accepted")

            def are_offline() -> bool:
                with superuser(network) as connection:
                    connection.execute(
                        "update ops.job_schedules set next_run_at = now()"
                        " where job = 'mark_lost_connections'"
                    )
                    connection.execute("select jobs.mark_lost_connections()")
                return not open_connections(network, "CP-N2")

            await asyncio.to_thread(wait_until, are_offline, what="the lease is over")
            assert not open_connections(network, "CP-N3")
            assert len(open_connections(network, "CP-N0")) == 1
            assert len(open_connections(network, "CP-N1")) == 1


@dataclass(slots=True)
class _Commuter:
    """A charger that calls without end, is commanded, and goes to whatever bridge takes it."""

    identity: str
    bridges: list[RunningBridge]
    """Those that run now; changes meanwhile."""
    stop: asyncio.Event
    calls: int = 0
    acknowledged: set[str] = field(default_factory=set)
    received: list[str] = field(default_factory=list)

    async def live(self) -> None:
        while not self.stop.is_set():
            bridge = self.bridges[self.calls % len(self.bridges)]
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                async with connected(bridge, self.identity) as client:
                    while not self.stop.is_set():
                        await self._call(client)
            await asyncio.sleep(0.02)

    async def _call(self, client: Charger) -> None:
        """One call until it is acknowledged, also over sockets; commands in between."""
        message_id = f"{self.identity}.{self.calls}"
        await client.send([2, message_id, "DataTransfer", {"vendorId": "v"}])
        while message_id not in self.acknowledged:
            frame = await client.receive()
            if frame[0] == 2:
                self.received.append(frame[1])
                await client.send([3, frame[1], {"status": "Accepted"}])
            else:
                assert frame[:2] == [3, message_id]
                self.acknowledged.add(message_id)
        self.calls += 1
        await asyncio.sleep(0.02)


async def test_a_rolling_restart_loses_no_command_and_no_message(
    network: Database, tmp_path: Path
) -> None:
    """Chargers call and are commanded while each of two bridges restarts in turn."""
    with superuser(network) as connection:
        connection.execute("create table tests.stored (message_id text)")
        connection.execute("grant all on tests.stored to public")
        connection.execute(
            "update ops.settings set value = '0.5' where name = 'bridge.command_poll_s'"
        )
    replace_handler(
        network,
        "data_transfer",
        "insert into tests.stored (message_id) values ((p_call).message_id);"
        ' return \'{"status":"Accepted"}\';',
    )
    with contextlib.ExitStack() as stack:

        def start(name: str) -> RunningBridge:
            bridge = stack.enter_context(running_bridge(network.settings, tmp_path / name))
            await_ready(bridge)
            return bridge

        bridges = [await asyncio.to_thread(start, name) for name in ("a", "b")]
        stop = asyncio.Event()
        commuters = [_Commuter(f"CP-N{number}", bridges, stop) for number in range(6)]
        tasks = [asyncio.ensure_future(one.live()) for one in commuters]
        ids = []
        for name in ("c", "d"):
            ids += [queue(network, one.identity) for one in commuters for _ in range(3)]
            leaving = bridges[0]
            bridges[:] = [bridges[1], await asyncio.to_thread(start, name)]
            leaving.process.terminate()
            assert await asyncio.to_thread(leaving.process.wait, 15) == 0
            assert "Traceback" not in leaving.log.read_text()
        for command_id in ids:
            await await_state(network, command_id, "accepted")
        stop.set()
        await asyncio.gather(*tasks)
    received = [message_id for one in commuters for message_id in one.received]
    assert len(received) == len(set(received)) == len(ids)
    with superuser(network) as connection:
        rows = connection.execute("select message_id from tests.stored").fetchall()
    stored = {row[0] for row in rows}
    for one in commuters:
        assert one.acknowledged <= stored


async def test_a_drain_sends_chargers_away_in_a_spread(network: Database, tmp_path: Path) -> None:
    with tuned_bridge(network, tmp_path, drains_per_s=10, drain_s=30) as bridge:
        async with contextlib.AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connected(bridge, f"CP-N{number}"))
                for number in range(12)
            ]
            times: list[float] = []

            async def leave(client: Charger) -> None:
                assert (await client.closed())[0] == 1012
                times.append(time.monotonic())

            bridge.process.terminate()
            await asyncio.gather(*(leave(client) for client in clients))
        assert await asyncio.to_thread(bridge.process.wait, 10) == 0
    assert times[-1] - times[0] > 0.8
