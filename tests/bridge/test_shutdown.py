"""How a bridge ends: drained on SIGTERM, or killed (DESIGN decisions 3 and 8)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import websockets

from db import parts
from tests.bridge.chargers import (
    RawSocket,
    add_charger,
    await_ready,
    connected,
    health,
    open_connections,
    superuser,
    tuned_bridge,
)
from tests.bridge.handlers import AT_GATE, HEARTBEAT, closed_gate, replace_handler
from tests.support.databases import Database
from tests.support.processes import (
    RunningBridge,
    free_port,
    running,
    running_bridge,
    wait_until,
)

_STORE = (
    "insert into tests.stored (message_id) values ((p_call).message_id);"
    ' return \'{"status":"Accepted"}\';'
)


@pytest.fixture
def storing(database: Database) -> Database:
    """A database whose DataTransfer stores the message id."""
    with superuser(database) as connection:
        connection.execute("create table tests.stored (message_id text)")
        connection.execute("grant all on tests.stored to public")
    replace_handler(database, "heartbeat", HEARTBEAT)
    replace_handler(database, "data_transfer", _STORE)
    for number in range(8):
        add_charger(database, f"CP-S{number}")
    return database


def _stored(database: Database) -> set[str]:
    with superuser(database) as connection:
        rows = connection.execute("select message_id from tests.stored").fetchall()
    return {row[0] for row in rows}


async def test_sigterm_answers_what_was_received_then_says_1012(
    storing: Database, tmp_path: Path
) -> None:
    replace_handler(storing, "data_transfer", f"{AT_GATE} {_STORE}")
    with tuned_bridge(storing, tmp_path) as bridge:
        async with connected(bridge, "CP-S0") as busy, connected(bridge, "CP-S1") as idle:
            with closed_gate(storing):
                for number in range(3):
                    await busy.send([2, str(number), "DataTransfer", {"vendorId": "v"}])
                await (await busy.socket.ping())
                began = time.monotonic()
                bridge.process.terminate()
                assert (await idle.closed())[0] == 1012
                assert health(bridge) == 503
                with pytest.raises(websockets.InvalidStatus) as refusal:
                    async with connected(bridge, "CP-S2"):
                        pass
                assert refusal.value.response.status_code == 503
            assert [(await busy.receive())[1] for _ in range(3)] == ["0", "1", "2"]
            assert (await busy.closed())[0] == 1012
        assert await asyncio.to_thread(bridge.process.wait, 10) == 0
        assert time.monotonic() - began < 10
        assert _stored(storing) == {"0", "1", "2"}
        assert "Traceback" not in bridge.log.read_text()
    assert not open_connections(storing, "CP-S0")
    with superuser(storing) as connection:
        stopped = connection.execute(
            "select count(*) from ops.bridges where stopped_at > now() - interval '1 minute'"
        ).fetchone()
        code = connection.execute(
            "select distinct c.close_code from ops.connections as c"
            " inner join core.charge_points as cp on cp.id = c.charge_point_id"
            " where cp.identity like 'CP-S%'"
        ).fetchall()
    assert stopped == (1,)
    assert code == [(1012,)]


async def test_a_charger_that_does_not_close_cannot_stop_the_drain(
    storing: Database, tmp_path: Path
) -> None:
    with tuned_bridge(storing, tmp_path) as bridge, RawSocket(bridge) as deaf, RawSocket(bridge):
        deaf.upgrade("CP-S0")
        bridge.process.terminate()
        assert await asyncio.to_thread(bridge.process.wait, 10) == 0


def test_a_database_that_hangs_does_not_hold_up_the_end(storing: Database, tmp_path: Path) -> None:
    with tuned_bridge(storing, tmp_path) as bridge:
        with superuser(storing) as connection:
            backends = connection.execute(
                "select pid from pg_stat_activity where usename = 'bridge'"
                " and datname = current_database()"
            ).fetchall()
        assert backends
        try:
            for (pid,) in backends:
                os.kill(pid, signal.SIGSTOP)
            bridge.process.terminate()
            assert bridge.process.wait(5) == 0
        finally:
            for (pid,) in backends:
                os.kill(pid, signal.SIGCONT)


async def test_nothing_that_was_acknowledged_is_lost_when_the_bridge_is_killed(
    storing: Database, tmp_path: Path
) -> None:
    """And after its restart the connections of its earlier life are closed."""
    port = free_port()
    acknowledged: set[str] = set()

    async def transfer(number: int) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async with connected(bridge, f"CP-S{number}") as client:
                for count in range(1_000_000):
                    message_id = f"{number}-{count}"
                    answer = await client.call(
                        "DataTransfer", {"vendorId": "v"}, message_id=message_id
                    )
                    assert answer[:2] == [3, message_id]
                    acknowledged.add(message_id)

    environment = {"VOLTARO_OCPP_PORT": str(port), "VOLTARO_HOME": str(tmp_path / "home")}
    variables = {**parts.bridge_environment(storing.settings), **environment}
    command = parts.module_command("bridge")
    log = tmp_path / "killed.log"
    with running(command, variables, log=log) as process:
        bridge = RunningBridge(process, log, f"ws://127.0.0.1:{port}", port)
        await asyncio.to_thread(await_ready, bridge)
        tasks = [asyncio.ensure_future(transfer(number)) for number in range(8)]
        await asyncio.to_thread(wait_until, lambda: len(acknowledged) >= 200, what="a few answers")
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.gather(*tasks)
    assert acknowledged <= _stored(storing)
    assert open_connections(storing, "CP-S0")

    with running(command, variables, log=log) as process:
        bridge = RunningBridge(process, log, f"ws://127.0.0.1:{port}", port)
        await asyncio.to_thread(await_ready, bridge)
        assert not open_connections(storing, "CP-S0")
        async with connected(bridge, "CP-S0") as client:
            assert (await client.call("Heartbeat", {}))[0] == 3


def test_bad_settings_are_one_line(database: Database) -> None:
    command = parts.module_command("bridge")
    for name, value in (
        ("VOLTARO_BRIDGE_DATABASE_URL", ""),
        ("VOLTARO_OCPP_PORT", "many"),
        ("VOLTARO_BRIDGE_ID", "1"),
        ("VOLTARO_BRIDGE_WORKERS", "0"),
        ("VOLTARO_LOG_LEVEL", "loud"),
    ):
        environment = {**os.environ, **parts.bridge_environment(database.settings), name: value}
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=20, check=False
        )
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1
        assert name in result.stderr


def test_a_taken_port_is_one_line(database: Database, tmp_path: Path) -> None:
    with running_bridge(database.settings, tmp_path) as first:
        environment = {
            **os.environ,
            **parts.bridge_environment(database.settings),
            "VOLTARO_OCPP_PORT": str(first.port),
        }
        result = subprocess.run(
            parts.module_command("bridge"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1:{first.port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_second_signal_ends_it_at_once(storing: Database, tmp_path: Path) -> None:
    with tuned_bridge(storing, tmp_path) as bridge, RawSocket(bridge) as deaf:
        deaf.upgrade("CP-S0")
        bridge.process.terminate()
        wait_until(lambda: "draining" in bridge.log.read_text(), what="it drains")
        bridge.process.terminate()
        assert bridge.process.wait(2) == 1
