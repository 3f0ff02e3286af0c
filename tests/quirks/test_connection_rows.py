"""The life of connections (rows 4 and 16 to 29): who comes, stays, goes and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.bridge.chargers import (
    KEY,
    Charger,
    RawSocket,
    add_charger,
    await_ready,
    connected,
    masked_frame,
    open_connections,
    tuned_bridge,
)
from tests.quirks.conftest import AddCharger
from tests.quirks.evidence import BOOT, Evidence, ago, result, start, stop
from tests.support.databases import Database
from tests.support.processes import RunningBridge, running_bridge, wait_until

IMPATIENT = json.dumps({"command_timeout_s": 1, "command_gap_s": 0})


async def _silent(client: Charger, seconds: float) -> bool:
    """Whether nothing comes for a while."""
    try:
        async with asyncio.timeout(seconds):
            await client.socket.recv()
    except TimeoutError:
        return True
    return False


@pytest.mark.quirk(4)
async def test_a_probe_of_another_version_does_not_touch_the_connection(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)
        before = open_connections(charger.database, charger.identity)
        async with connected(bridge, charger.identity, subprotocols=("ocpp9.1",)) as probe:
            assert (await probe.closed())[0] == 1002
        assert open_connections(charger.database, charger.identity) == before
        await result(client, "Heartbeat", {}, message_id="m2")
    async with connected(bridge, charger.identity, subprotocols=("ocpp9.1", "ocpp1.6")) as client:
        assert client.socket.subprotocol == "ocpp1.6"
    versions = charger.rows(
        "select subprotocol from ops.connections where charge_point_id = %(id)s"
        " and outcome = 'accepted'"
    )
    assert versions == [{"subprotocol": "ocpp1.6"}] * 2


@pytest.mark.quirk(16, 18)
async def test_a_half_open_socket_does_not_keep_its_charger_out(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The power goes; nobody closes the old socket, which is told nothing and says nothing."""
    with RawSocket(bridge) as dead:
        dead.upgrade(charger.identity)
        began = time.monotonic()
        async with connected(bridge, charger.identity) as client:
            await result(client, "BootNotification", BOOT)
            assert time.monotonic() - began < 5
            assert len(open_connections(charger.database, charger.identity)) == 1
        wait_until(
            lambda: open_connections(charger.database, charger.identity) == [],
            what="the end of the new socket",
        )


@pytest.mark.quirk(17)
async def test_of_two_sockets_each_gets_the_answers_to_its_own_calls(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The same id on both: what was called on the old one right before it ended is kept."""
    async with connected(bridge, charger.identity) as old:
        await old.send([2, "same", "StartTransaction", start(at=ago(minutes=5), meter_wh=1)])
        async with connected(bridge, charger.identity) as new:
            answer = await new.call("Heartbeat", {}, message_id="same")
            assert "currentTime" in answer[2]
            assert "transactionId" in (await old.receive())[2]
            assert (await old.closed())[0] == 1000
    assert charger.session()["meter_start_wh"] == 1


@pytest.mark.quirk(17)
async def test_the_newest_socket_gets_the_commands(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as old:
        await result(old, "Heartbeat", {})
        async with connected(bridge, charger.identity) as new:
            await result(new, "Heartbeat", {})
            charger.queue("ClearCache", {})
            command = await new.receive()
            assert command[2] == "ClearCache"
            await new.send([3, command[1], {"status": "Accepted"}])
            charger.await_commands(["accepted"])


@pytest.mark.quirk(19, 21)
async def test_heartbeats_alone_keep_a_charger_that_never_answers_pings(
    database: Database, tmp_path: Path
) -> None:
    """Its heartbeats are farther apart than three pings."""
    add_charger(database, "DEAF")
    with (
        tuned_bridge(database, tmp_path, ping_interval_s=0.2, silence_s=2.4) as bridge,
        RawSocket(bridge) as raw,
    ):
        raw.upgrade("DEAF")
        received = b""
        for number in range(3):
            pings = 0
            while pings < 6:
                received = raw.socket.recv(65_536)
                assert b"\x88" not in received, "closed although heartbeats come"
                pings += received.count(b"\x89\x04ping")
            raw.send_text(b'[2,"%d","Heartbeat",{}]' % number)
        data = b""
        while b"\x88" not in data:
            data = raw.socket.recv(65_536)
            assert data, "closed without a word"


@pytest.mark.quirk(22)
async def test_a_charger_that_answers_no_command_is_made_to_reconnect(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    charger = new_charger(quirks=IMPATIENT)
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)
        for _ in range(3):
            charger.queue("ClearCache", {})
        commands = 0
        async with asyncio.timeout(15):
            with contextlib.suppress(Exception):
                while True:
                    frame = json.loads(await client.socket.recv())
                    commands += frame[0] == 2
                    await client.send([2, f"h{commands}", "Heartbeat", {}])
        assert commands == 3
        assert client.socket.close_code == 1001
    charger.await_commands(["unknown"] * 3)
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)


@pytest.mark.quirk(23)
async def test_registration_persists_without_a_boot(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)
    async with connected(bridge, charger.identity) as client:
        await result(client, "StartTransaction", start(at=ago(minutes=1)))
        charger.queue("ClearCache", {})
        assert (await client.receive())[2] == "ClearCache"
    assert charger.charge_point()["registration_status"] == "Accepted"


@pytest.mark.quirk(24)
async def test_commands_wait_for_the_first_call(bridge: RunningBridge, charger: Evidence) -> None:
    for _ in range(2):
        async with connected(bridge, charger.identity) as client:
            charger.queue("ClearCache", {})
            assert await _silent(client, 0.5), "a command came before the charger was ready"
            await result(client, "BootNotification", BOOT)
            command = await client.receive()
            assert command[2] == "ClearCache"
            await client.send([3, command[1], {"status": "Accepted"}])
            charger.await_commands(["accepted"])


@pytest.mark.quirk(25, 26)
async def test_nothing_is_asked_of_a_charger_that_nobody_wants_to_know(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)
        assert await _silent(client, 1.0)
    assert charger.commands() == []


@pytest.mark.quirk(25)
async def test_a_boot_is_triggered_once_a_connection_and_never_where_it_loops(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    payload = {"requestedMessage": "BootNotification"}
    charger = new_charger()
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        charger.queue("TriggerMessage", payload)
        command = await client.receive()
        await client.send([3, command[1], {"status": "Accepted"}])
        charger.await_commands(["accepted"])
        assert charger.refusal("TriggerMessage", payload) is not None
        charger.queue("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert (await client.receive())[3] == {"requestedMessage": "Heartbeat"}
    looping = new_charger(quirks=json.dumps({"refuses_boot_trigger": True}))
    async with connected(bridge, looping.identity) as client:
        await result(client, "Heartbeat", {})
        assert looping.refusal("TriggerMessage", payload) is not None


@pytest.mark.quirk(26)
async def test_named_keys_are_not_asked_where_that_loops(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    charger = new_charger(quirks=json.dumps({"refuses_get_configuration": True}))
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        assert charger.refusal("GetConfiguration", {"key": ["HeartbeatInterval"]}) is not None
        charger.queue("GetConfiguration", {})
        command = await client.receive()
        assert command[2:] == ["GetConfiguration", {}]


@pytest.mark.quirk(27)
@pytest.mark.parametrize("reconnects", [True, False])
async def test_a_charger_that_reboots_all_the_time_is_served_and_told_of_once(
    bridge: RunningBridge, charger: Evidence, reconnects: bool
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(bridge, charger.identity))
        for number in range(7):
            assert charger.alarms() == [] or number > 4
            if reconnects and number:
                client = await stack.enter_async_context(connected(bridge, charger.identity))
            booted = await result(client, "BootNotification", BOOT, message_id=f"b{number}")
            assert booted["status"] == "Accepted"
    (alarm,) = charger.alarms()
    assert (alarm["kind"], alarm["severity"]) == ("flapping", "warning")
    assert alarm["occurrences"] >= 3
    assert alarm["details"]["count"] == 5


@pytest.mark.quirk(28)
async def test_all_come_back_after_a_restart_and_are_spread(
    database: Database, tmp_path: Path
) -> None:
    """Nobody is refused for long, nobody gets an error, and heartbeats do not fall together."""
    identities = [f"BACK-{number}" for number in range(40)]
    for identity in identities:
        add_charger(database, identity)

    async def come_back(bridge: RunningBridge, identity: str) -> int:
        async with asyncio.timeout(30):
            while True:
                try:
                    async with connected(bridge, identity, key=KEY) as client:
                        return int((await result(client, "BootNotification", BOOT))["interval"])
                except OSError:
                    await asyncio.sleep(0.2)

    for number in range(2):
        with running_bridge(database.settings, tmp_path / str(number)) as bridge:
            await_ready(bridge)
            intervals = await asyncio.gather(*(come_back(bridge, name) for name in identities))
            assert len(set(intervals)) > 10
            bridge.process.send_signal(signal.SIGTERM)
            assert bridge.process.wait(10) == 0


def _has_alarm(charger: Evidence, occurrences: int) -> bool:
    return [alarm["occurrences"] for alarm in charger.alarms()] == [occurrences]


@pytest.mark.quirk(29)
async def test_compressed_frames_close_once_and_are_told_of(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The charger comes back, and is served as long as it talks plainly."""
    for times in (1, 2):
        with RawSocket(bridge) as raw:
            raw.upgrade(charger.identity)
            # RSV1 without an agreed extension (RFC 7692 §6).
            raw.send(masked_frame(0xC1, b"\xaaV\xca\x00\x00"))
            data = raw.receive_all()
            assert data.count(b"\x03\xea") == 1, data
        wait_until(partial(_has_alarm, charger, times), what="the alarm")
    assert charger.alarms()[0]["kind"] == "compression"
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(minutes=9)))
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=1500)
        await result(client, "StopTransaction", payload, message_id="m2")
    assert charger.session()["energy_wh"] == 500
