"""Frames (rows 41 to 48): whose turn it is, what ids are, and answers that a charger can take."""

from __future__ import annotations

import json
import re

import pytest

from tests.bridge.chargers import connected
from tests.quirks.conftest import AddCharger
from tests.quirks.evidence import BOOT, TOKEN, Evidence, ago, result, start, stop
from tests.support.processes import RunningBridge

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.quirk(41)
async def test_a_stray_answer_does_not_disturb_the_command_that_is_pending(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        charger.queue("ClearCache", {})
        command = await client.receive()
        await client.send([3, "an id that nobody used", {"status": "Rejected"}])
        await client.send([4, command[1] + "x", "InternalError", "", {}])
        await result(client, "Heartbeat", {}, message_id="m2")
        assert [row["state"] for row in charger.commands()] == ["sent"]
        await client.send([3, command[1], {"status": "Accepted"}])
        charger.await_commands(["accepted"])
        # The same answer again is a stray one, too.
        await client.send([3, command[1], {"status": "Rejected"}])
        await result(client, "Heartbeat", {}, message_id="m3")
    assert [row["state"] for row in charger.commands()] == ["accepted"]


@pytest.mark.quirk(42)
async def test_calls_of_both_sides_may_cross(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        charger.queue("ClearCache", {})
        command = await client.receive()
        assert command[0] == 2
        begun = await result(client, "StartTransaction", start(at=ago(minutes=1)), message_id="m2")
        assert begun["transactionId"] > 0
        # The charger's own id may be the same as ours.
        await result(client, "Heartbeat", {}, message_id=command[1])
        await client.send([3, command[1], {"status": "Accepted"}])
        charger.await_commands(["accepted"])


@pytest.mark.quirk(43)
async def test_one_command_at_a_time_however_late_it_is_answered(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    """The first answer comes after its time is over: it is still taken, and counts."""
    charger = new_charger(quirks=json.dumps({"command_timeout_s": 1, "command_gap_s": 0}))
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        charger.queue("ClearCache", {})
        charger.queue("GetLocalListVersion", {})
        first = await client.receive()
        assert first[2] == "ClearCache"
        second = await client.receive()
        assert second[2] == "GetLocalListVersion"
        assert [row["state"] for row in charger.commands()] == ["unknown", "sent"]
        await client.send([3, first[1], {"status": "Accepted"}])
        await client.send([3, second[1], {"listVersion": 3}])
        charger.await_commands(["accepted", "accepted"])


@pytest.mark.quirk(43)
async def test_the_next_command_waits_for_the_answer(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        for _ in range(3):
            charger.queue("ClearCache", {})
        for number in range(3):
            command = await client.receive()
            assert command[2] == "ClearCache"
            # What comes next is the answer to this, not another command.
            await result(client, "Heartbeat", {}, message_id=f"h{number}")
            await client.send([3, command[1], {"status": "Accepted"}])
        charger.await_commands(["accepted"] * 3)


@pytest.mark.quirk(44)
async def test_our_ids_are_strings_of_at_most_36_characters(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """An answer that does not quote it, as some send to what they cannot read, is only logged."""
    async with connected(bridge, charger.identity) as client:
        await result(client, "Heartbeat", {})
        charger.queue("ClearCache", {})
        command = await client.receive()
        assert isinstance(command[1], str)
        assert 0 < len(command[1]) <= 36
        await client.send([4, "", "ProtocolError", "no id", {}])
        await client.send([3, command[1], {"status": "Accepted"}])
        charger.await_commands(["accepted"])


@pytest.mark.quirk(45)
async def test_our_times_end_in_z_and_have_no_fractions(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        booted = await result(client, "BootNotification", BOOT, message_id="m1")
        beat = await result(client, "Heartbeat", {}, message_id="m2")
        asked = await result(client, "Authorize", {"idTag": TOKEN}, message_id="m3")
    times = [booted["currentTime"], beat["currentTime"], asked["idTagInfo"]["expiryDate"]]
    assert [time for time in times if not TIME.fullmatch(time)] == []


@pytest.mark.quirk(46, 47)
@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"transactionId": [], "meterStop": {}, "timestamp": 5, "idTag": False},
        {"transactionId": 1e300, "meterStop": -1e300, "timestamp": "9999-99-99T99:99:99Z"},
        {"transactionId": 1, "meterStop": 10, "timestamp": "", "transactionData": "no list"},
        {"transactionId": "\x00", "meterStop": "NaN", "reason": "x" * 5000},
        {"transactionId": 1, "meterStop": 1, "transactionData": [[[[{"value": {}}]]]]},
        {"idTag": "'; drop table core.sessions; --\\u0000", "transactionId": True},
    ],
)
async def test_any_stop_gets_a_valid_result(
    bridge: RunningBridge, charger: Evidence, payload: object
) -> None:
    """An error would make the charger send it for ever, and keep what comes after it."""
    async with connected(bridge, charger.identity) as client:
        answer = await result(client, "StopTransaction", payload)
        assert answer.keys() <= {"idTagInfo"}
        begun = await result(client, "StartTransaction", payload, message_id="m2")
        assert isinstance(begun["transactionId"], int)
        assert await result(client, "MeterValues", payload, message_id="m3") == {}
    assert charger.failures() == []
    assert charger.sessions()


@pytest.mark.quirk(48)
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("SecurityEventNotification", {"type": "MemoryExhaustion", "timestamp": ago(minutes=1)}),
        ("LogStatusNotification", {"status": "Idle", "requestId": 1}),
        ("SignedFirmwareStatusNotification", {"status": "Idle", "requestId": 1}),
        ("FirmwareStatusNotification", {"status": "Idle"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}),
    ],
)
async def test_messages_of_the_whitepaper_are_known(
    bridge: RunningBridge, charger: Evidence, action: str, payload: dict[str, object]
) -> None:
    async with connected(bridge, charger.identity) as client:
        assert await result(client, action, payload) == {}
        # Whatever it says instead of what it should, the socket stays.
        assert (await client.call(action, {"no": "sense"}, message_id="m2"))[0] in (3, 4)
        begun = await result(client, "StartTransaction", start(at=ago(minutes=5)), message_id="m3")
        await result(
            client,
            "StopTransaction",
            stop(begun["transactionId"], at=ago(minutes=1), meter_wh=1100),
            message_id="m4",
        )
    assert charger.session()["energy_wh"] == 100
