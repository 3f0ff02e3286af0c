"""Bad frames on a real socket: the right CALLERROR or the right close code, and life goes on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bridge.chargers import RawSocket, connected, health, logged_frames, masked_frame
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until


def _close_code(data: bytes) -> int:
    """The code of the close frame that `data` ends with or holds first."""
    begin = data.index(b"\x88")
    return int.from_bytes(data[begin + 2 : begin + 4], "big")


@pytest.mark.quirk(33, 34)
@pytest.mark.parametrize(
    ("frame", "message_id"),
    [
        ('[2,"b1","MeterValues",{"meterValue":[{"sampledValue":[,{"value":"1"}]}]}]', "b1"),
        ('[2,"b2","MeterValues",{"transactionId":,"connectorId":1}]', "b2"),
        ('[2,"b3","MeterValues",{"connectorId":1,"mete', "b3"),
        ('[2,"b4","Heartbeat",[]]', "b4"),
        ('[2,"b5","Heartbeat",5]', "b5"),
        ('[2,"b6",["Heartbeat"],{}]', "b6"),
        ('[2,"b7"]', "b7"),
        ('[2,"b8","Heartbeat",' + "[" * 50_000, "b8"),
        ('[2,"b9","Heartbeat",' + '{"a":' * 100 + "1" + "}" * 100 + "]", "b9"),
    ],
)
async def test_a_broken_call_is_answered_and_the_socket_stays(
    bridge: RunningBridge, charger: str, frame: str, message_id: str
) -> None:
    """QUIRKS rows 33 and 34."""
    async with connected(bridge, charger) as client:
        answer = await client.exchange(frame)
        assert answer[:3] == [4, message_id, "FormationViolation"]
        assert isinstance(answer[3], str)
        assert answer[4] == {}
        assert (await client.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "{}",
        "[]",
        "[2]",
        '[2,null,"Heartbeat",{}]',
        '[9,"x",{}]',
        '[3,"x"',
        "[" * 99,
    ],
)
async def test_what_has_no_id_is_ignored_and_the_socket_stays(
    bridge: RunningBridge, charger: str, frame: str
) -> None:
    async with connected(bridge, charger) as client:
        await client.send(frame)
        assert (await client.call("Heartbeat", {}, message_id="next"))[:2] == [3, "next"]


@pytest.mark.quirk(35, 36, 37)
async def test_tolerated_frames_are_answered(bridge: RunningBridge, charger: str) -> None:
    """QUIRKS rows 35 to 37, and ids that are numbers or long."""
    long_id = "x" * 200
    async with connected(bridge, charger) as client:
        assert (await client.exchange('[2,"n","Heartbeat",null]'))[:2] == [3, "n"]
        assert (await client.exchange('[2,7,"Heartbeat",{}]'))[:2] == [3, "7"]
        assert (await client.exchange([2, long_id, "Heartbeat", {}]))[:2] == [3, long_id]
        assert (await client.exchange('[2,"r","Heartbeat",{"a":"\x10\n\\p"}]'))[:2] == [3, "r"]
        assert (await client.exchange('[2,"z\\u0000","Heartbeat",{}]'))[:2] == [3, "z\0"]
        assert (await client.exchange('[2,"u","Heartbeat",{"a":"\\u0000"}]'))[:2] == [3, "u"]


@pytest.mark.quirk(48)
async def test_an_unknown_action_is_not_implemented(bridge: RunningBridge, charger: str) -> None:
    """QUIRKS row 48."""
    async with connected(bridge, charger) as client:
        for action in ("Unheard", "heartbeat", "Drop Table", "A\0", "x" * 200):
            answer = await client.call(action, {}, message_id=action[:30])
            assert answer[:3] == [4, action[:30], "NotImplemented"]


@pytest.mark.quirk(41)
async def test_answers_that_nobody_waits_for_are_dropped(
    bridge: RunningBridge, charger: str, module_database: Database
) -> None:
    """QUIRKS row 41."""
    async with connected(bridge, charger) as client:
        await client.send([3, "never-sent", {"status": "Accepted"}])
        await client.send([4, "never-sent-2", "GenericError", "so what", {}])
        assert (await client.call("Heartbeat", {}))[0] == 3

    def are_logged() -> bool:
        kinds = {(frame[1], frame[2]) for frame in logged_frames(module_database, charger)}
        return {(3, "never-sent"), (4, "never-sent-2")} <= kinds

    wait_until(are_logged, what="stray answers are in the log")


async def test_bad_frames_are_in_the_log_as_they_came(
    bridge: RunningBridge, charger: str, module_database: Database
) -> None:
    broken = '[2,"b","MeterValues",{"a":\0,'
    async with connected(bridge, charger) as client:
        await client.exchange(broken)
    wait_until(lambda: len(logged_frames(module_database, charger)) == 2, what="both are logged")
    frame_in, frame_out = logged_frames(module_database, charger)
    assert frame_in == (
        "in", 2, "b", "MeterValues", broken.replace("\0", "\u2400"), "FormationViolation",
    )  # fmt: skip
    assert frame_out[:4] == ("out", 4, "b", "MeterValues")
    assert frame_out[5] == "FormationViolation"


async def test_nothing_but_stray_answers_ends_the_socket(
    bridge: RunningBridge, charger: str
) -> None:
    async with connected(bridge, charger) as client:
        for _ in range(49):
            await client.send([3, "never-sent", {}])
        assert (await client.call("Heartbeat", {}))[0] == 3
        for number in range(50):
            await client.send([3, "never-sent", {}] if number % 2 else "nonsense")
        assert (await client.closed())[0] == 1008


async def test_nothing_but_bad_frames_ends_the_socket(bridge: RunningBridge, charger: str) -> None:
    async with connected(bridge, charger) as client:
        for _ in range(49):
            await client.send("nonsense")
        assert (await client.call("Heartbeat", {}))[0] == 3
        for _ in range(50):
            await client.send("nonsense")
        assert (await client.closed())[0] == 1008


async def test_a_binary_frame_is_unsupported(bridge: RunningBridge, charger: str) -> None:
    async with connected(bridge, charger) as client:
        await client.socket.send(b'[2,"x","Heartbeat",{}]')
        assert (await client.closed())[0] == 1003


@pytest.mark.quirk(31)
async def test_fragments_are_put_together(bridge: RunningBridge, charger: str) -> None:
    """QUIRKS row 31."""
    async with connected(bridge, charger) as client:
        await client.socket.send(iter(['[2,"f",', '"Heart', 'beat",{', "}]"]))
        assert (await client.receive())[:2] == [3, "f"]


@pytest.mark.quirk(31)
def test_too_many_fragments_end_the_socket(bridge: RunningBridge, charger: str) -> None:
    with RawSocket(bridge) as raw:
        raw.upgrade(charger)
        raw.send(masked_frame(0x01, b"[") + masked_frame(0x00, b" ") * 2000)
        assert _close_code(raw.receive_all()) == 1009


@pytest.mark.quirk(29)
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (masked_frame(0x81, b'[2,"\xff","Heartbeat",{}]'), 1007),
        (masked_frame(0xC1, b"compressed"), 1002),  # row 29: RSV1 without negotiation
        (masked_frame(0x83, b"reserved"), 1002),
        (masked_frame(0x80, b"continued nothing"), 1002),
        (b"\x81\x05hello", 1002),  # not masked
        (masked_frame(0x81, b" " * (2**20 + 1)), 1009),
        (b"\x81\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0", 1009),
    ],
)
def test_what_breaks_the_websocket_gets_its_code(
    bridge: RunningBridge, charger: str, frame: bytes, code: int
) -> None:
    with RawSocket(bridge) as raw:
        raw.upgrade(charger)
        raw.send(frame)
        assert _close_code(raw.receive_all()) == code


@pytest.mark.quirk(32)
async def test_a_megabyte_is_taken(bridge: RunningBridge, charger: str) -> None:
    """QUIRKS row 32."""
    async with connected(bridge, charger) as client:
        payload = {"x": "y" * (2**20 - 200)}
        assert (await client.call("Heartbeat", payload))[0] == 3


@pytest.mark.quirk(53)
async def test_violations_reach_the_handler_as_flags(
    bridge: RunningBridge, new_charger: Callable[..., str], module_database: Database
) -> None:
    """Tolerant in: an extra field does not keep a charger from its answer."""
    identity = new_charger()
    async with connected(bridge, identity) as client:
        assert (await client.call("Heartbeat", {"extra": 1}))[0] == 3
    payloads = [json.loads(frame[4]) for frame in logged_frames(module_database, identity)]
    assert payloads[0] == {"extra": 1}


@pytest.mark.quirk(30)
async def test_compression_is_not_negotiated_for_1_6(bridge: RunningBridge, charger: str) -> None:
    """DESIGN decision 12."""
    async with connected(bridge, charger, compression="deflate") as client:
        assert client.socket.protocol.extensions == []
        assert (await client.call("Heartbeat", {}))[0] == 3


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(min_size=1, max_size=300), st.sampled_from([0x81, 0x82, 0x01, 0x00, 0x88, 0x89]))
def test_any_bytes_do_no_harm(bridge: RunningBridge, charger: str, data: bytes, head: int) -> None:
    """As a frame's content, as frames, and as a request: the bridge lives on."""
    for sent in (masked_frame(head, data), data):
        with RawSocket(bridge) as raw:
            raw.upgrade(charger)
            raw.send(sent)
    with RawSocket(bridge) as raw:
        raw.send(data)
    assert health(bridge) == 200


def test_no_traceback_was_logged(bridge: RunningBridge) -> None:
    assert "Traceback" not in bridge.log.read_text()
