"""Transactions, meters and tokens (rows 62 to 74): nothing that was charged is lost or doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.bridge.chargers import connected, superuser
from tests.quirks.conftest import AddCharger
from tests.quirks.evidence import (
    BOOT,
    Evidence,
    ago,
    meter_value,
    reading,
    result,
    start,
    stop,
)
from tests.support.processes import RunningBridge


@pytest.mark.quirk(62)
@pytest.mark.parametrize("number", [0, -1])
async def test_a_stop_without_an_id_ends_the_session_that_fits(
    bridge: RunningBridge, charger: Evidence, number: int
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "StartTransaction", start(at=ago(minutes=50)))
        payload = stop(number, at=ago(minutes=1), meter_wh=3000, idTag="gwtoken3")
        answer = await result(client, "StopTransaction", payload, message_id="m2")
        assert answer["idTagInfo"]["status"] == "Accepted"
    session = charger.session()
    assert (session["state"], session["energy_wh"]) == ("ended", 2000)
    assert session["flags"] == ["matched_without_id"]


@pytest.mark.quirk(62, 63)
@pytest.mark.parametrize("number", [0, -1, 77, "77", None])
async def test_a_stop_of_no_session_makes_one_that_is_held(
    bridge: RunningBridge, charger: Evidence, number: object
) -> None:
    payload = stop(number, at=ago(minutes=1), meter_wh=3000)
    async with connected(bridge, charger.identity) as client:
        for message_id in ("m1", "m2"):
            assert await result(client, "StopTransaction", payload, message_id=message_id) == {}
    session = charger.session()
    assert (session["state"], session["hold_reason"]) == ("ended", "unknown_start")
    assert (session["meter_start_wh"], session["meter_stop_wh"]) == (None, 3000)


@pytest.mark.quirk(64)
async def test_a_lost_start_is_rebuilt_from_the_stop(
    bridge: RunningBridge, charger: Evidence
) -> None:
    began, ended = ago(hours=1), ago(minutes=1)
    payload = stop(4711, at=ended, meter_wh=6000, idTag="GWTOKEN3") | {
        "transactionData": [
            meter_value(began, {"value": "1000", "context": "Transaction.Begin"}),
            meter_value(ended, {"value": "6000", "context": "Transaction.End"}),
        ]
    }
    async with connected(bridge, charger.identity) as client:
        await result(client, "StopTransaction", payload)
    session = charger.session()
    assert (session["meter_start_wh"], session["energy_wh"]) == (1000, 5000)
    assert (session["transaction_id"], session["hold_reason"]) == ("4711", "unknown_start")
    # Both moments were asked of the clock one after the other.
    lasted = session["ended_at"] - session["started_at"]
    assert abs(lasted - timedelta(minutes=59)) < timedelta(seconds=1)


@pytest.mark.quirk(65)
async def test_a_start_that_comes_twice_is_one_session(
    bridge: RunningBridge, charger: Evidence
) -> None:
    payload = start(at=ago(minutes=5))
    answers = []
    for number in range(2):
        async with connected(bridge, charger.identity) as client:
            await result(client, "BootNotification", BOOT, message_id="b")
            answers.append(
                await result(client, "StartTransaction", payload, message_id=f"m{number}")
            )
    assert answers[0]["transactionId"] == answers[1]["transactionId"]
    assert [answer["idTagInfo"]["status"] for answer in answers] == ["Accepted", "Accepted"]
    assert charger.session()["state"] == "active"


@pytest.mark.quirk(46, 66)
async def test_a_stop_that_comes_twice_changes_nothing(
    bridge: RunningBridge, charger: Evidence
) -> None:
    payload = {}
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1)))
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=3000, idTag="GWTOKEN3")
        await result(client, "StopTransaction", payload, message_id="m2")
    before = charger.sessions()
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT, message_id="m2")
        again = await result(client, "StopTransaction", payload, message_id="m3")
        assert again["idTagInfo"]["status"] == "Accepted"
    assert charger.sessions() == before


@pytest.mark.quirk(67)
async def test_a_burst_of_old_sessions_does_not_touch_the_running_one(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The charger was offline for days; its queue comes in order, but after today's start."""
    async with connected(bridge, charger.identity) as client:
        today = await result(client, "StartTransaction", start(at=ago(minutes=9), meter_wh=9000))
        for day in (3, 2, 1):
            begun = await result(
                client,
                "StartTransaction",
                start(at=ago(days=day, hours=2, minutes=20), meter_wh=9000 - 1000 * day),
                message_id=f"start{day}",
            )
            await result(
                client,
                "MeterValues",
                reading(
                    begun["transactionId"],
                    ago(days=day, hours=1, minutes=20),
                    {"value": str(9500 - 1000 * day)},
                ),
                message_id=f"meter{day}",
            )
            await result(
                client,
                "StopTransaction",
                stop(
                    begun["transactionId"],
                    at=ago(days=day, minutes=20),
                    meter_wh=10_000 - 1000 * day,
                ),
                message_id=f"stop{day}",
            )
    sessions = charger.sessions()
    assert [session["state"] for session in sessions] == ["ended"] * 3 + ["active"]
    assert [session["energy_wh"] for session in sessions] == [1000, 1000, 1000, 0]
    assert [session["hold_reason"] for session in sessions] == [None] * 4
    assert sessions[3]["transaction_id"] == str(today["transactionId"])


@pytest.mark.quirk(68)
async def test_readings_of_a_dead_transaction_reopen_nothing(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=2)))
        number = begun["transactionId"]
        payload = stop(number, at=ago(hours=1), meter_wh=3000)
        await result(client, "StopTransaction", payload, message_id="m2")
        before = charger.session()
        for place, transaction in enumerate((number, number + 1)):
            payload = reading(transaction, ago(minutes=5 + place), {"value": "4000"})
            await result(client, "MeterValues", payload, message_id=f"r{place}")
    assert charger.session() == before
    kept = charger.readings()
    assert [row["session_id"] for row in kept] == [None, None]
    assert {row["transaction_id"] for row in kept} == {str(number), str(number + 1)}


@pytest.mark.quirk(69)
async def test_readings_without_a_transaction_are_kept_unattached(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        sample = {"value": "100", "context": "Sample.Clock"}
        await result(client, "MeterValues", reading(None, ago(minutes=15), sample))
        await result(client, "StartTransaction", start(at=ago(minutes=1)), message_id="m2")
    (kept,) = charger.readings()
    assert (kept["session_id"], kept["energy_wh"]) == (None, 100)
    assert charger.session()["last_reading_at"] is None


@pytest.mark.quirk(70)
@pytest.mark.parametrize("meter_stop", [4999, -1])
async def test_a_register_that_fell_holds_the_session_with_its_last_reading(
    bridge: RunningBridge, charger: Evidence, meter_stop: int
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1), meter_wh=5000))
        payload = reading(begun["transactionId"], ago(minutes=10), {"value": "7500"})
        await result(client, "MeterValues", payload, message_id="m2")
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=meter_stop)
        assert await result(client, "StopTransaction", payload, message_id="m3") == {}
    session = charger.session()
    assert session["state"] == "ended"
    assert session["hold_reason"] is not None
    assert session["energy_wh"] == 2500
    assert "energy_from_last_reading" in session["flags"]


@pytest.mark.quirk(71)
async def test_a_session_without_readings_shows_that_there_is_no_meter(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    """An hour without one is told, five minutes are not; the registers count all the same."""

    async def charge(charger: Evidence, *, minutes: int, with_reading: bool) -> None:
        async with connected(bridge, charger.identity) as client:
            begun = await result(client, "StartTransaction", start(at=ago(minutes=minutes)))
            if with_reading:
                payload = reading(begun["transactionId"], ago(minutes=2), {"value": "1500"})
                await result(client, "MeterValues", payload, message_id="m2")
            payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=3000)
            await result(client, "StopTransaction", payload, message_id="m3")

    shown = {}
    for name, minutes, with_reading in (
        ("mute", 61, False),
        ("short", 5, False),
        ("metered", 61, True),
    ):
        charger = new_charger()
        await charge(charger, minutes=minutes, with_reading=with_reading)
        assert charger.session()["energy_wh"] == 2000
        (row,) = charger.rows(
            "select is_without_meter from api.charging_sessions where charge_point_id = %(id)s"
        )
        shown[name] = row["is_without_meter"]
    assert shown == {"mute": True, "short": False, "metered": False}


@pytest.mark.quirk(23, 72)
async def test_a_session_goes_on_after_a_power_cut(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The first time the charger comes back with a boot, the second time without one."""
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1)))
        client.socket.transport.abort()
    number = begun["transactionId"]
    async with connected(bridge, charger.identity) as client:
        await result(client, "BootNotification", BOOT)
        assert charger.session()["state"] == "active"
        payload = reading(number, ago(minutes=20), {"value": "2000"})
        await result(client, "MeterValues", payload, message_id="m2")
        client.socket.transport.abort()
    async with connected(bridge, charger.identity) as client:
        payload = stop(number, at=ago(minutes=1), meter_wh=4000)
        await result(client, "StopTransaction", payload)
    session = charger.session()
    assert (session["state"], session["energy_wh"]) == ("ended", 3000)
    assert session["hold_reason"] is None


@pytest.mark.quirk(73, 74)
async def test_a_session_that_nobody_allowed_is_recorded_and_stopped_with_its_id(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1), token="NOBODY"))
        assert begun["idTagInfo"]["status"] == "Invalid"
        assert begun["transactionId"] > 0
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=8000)
        await result(client, "StopTransaction", payload, message_id="m2")
    session = charger.session()
    assert (session["state"], session["energy_wh"]) == ("ended", 7000)
    assert session["authorization_status"] == "Invalid"


@pytest.mark.quirk(74)
async def test_concurrent_use_of_a_token_gets_an_id_too(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    first, second = new_charger(), new_charger()
    token = f"ROW74-{first.identity}"
    with superuser(first.database) as connection:
        connection.execute(
            "insert into core.id_tokens (tenant_id, id_token) values (101, %s)", [token]
        )
    begun = []
    for charger in (first, second):
        async with connected(bridge, charger.identity) as client:
            payload = start(at=ago(minutes=2), token=token)
            begun.append(await result(client, "StartTransaction", payload))
    assert [answer["idTagInfo"]["status"] for answer in begun] == ["Accepted", "ConcurrentTx"]
    async with connected(bridge, second.identity) as client:
        payload = stop(-1, at=ago(minutes=1), meter_wh=1000, idTag=token, reason="DeAuthorized")
        await result(client, "StopTransaction", payload)
    assert second.session()["state"] == "ended"
    assert first.session()["state"] == "active"
    assert first.session()["started_at"] < datetime.now(UTC)
