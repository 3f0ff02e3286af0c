"""Fields, enumerations, units, time (rows 49 to 61): what is odd is kept, flagged, answered."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.bridge.chargers import connected, superuser
from tests.quirks.conftest import AddCharger
from tests.quirks.evidence import (
    BOOT,
    TOKEN,
    Evidence,
    ago,
    meter_value,
    reading,
    result,
    start,
    stop,
)
from tests.support.processes import RunningBridge


@pytest.mark.quirk(49)
async def test_long_serial_numbers_are_kept_whole(bridge: RunningBridge, charger: Evidence) -> None:
    serial, model = "S" * 33, "M" * 23
    async with connected(bridge, charger.identity) as client:
        boot = BOOT | {"chargePointModel": model, "chargePointSerialNumber": serial}
        assert (await result(client, "BootNotification", boot))["status"] == "Accepted"
    row = charger.charge_point()
    assert (row["serial_number"], row["model"]) == (serial, model)


@pytest.mark.quirk(50)
async def test_a_long_token_stops_its_session(bridge: RunningBridge, charger: Evidence) -> None:
    token = "SIGEN-0123456789-ABCDEF-"
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1), token=token))
        ended = await result(
            client,
            "StopTransaction",
            stop(begun["transactionId"], at=ago(minutes=1), meter_wh=6000, idTag=token),
            message_id="m2",
        )
        assert begun["idTagInfo"]["status"] == ended["idTagInfo"]["status"] == "Invalid"
    session = charger.session()
    assert (session["state"], session["energy_wh"]) == ("ended", 5000)
    assert (session["id_token"], session["stop_id_token"]) == (token, token)
    assert "schema_violation" in session["flags"]


@pytest.mark.quirk(51)
async def test_unknown_words_are_kept_as_they_came(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        status = {"connectorId": 1, "errorCode": "Error", "status": "Sleeping"}
        assert await result(client, "StatusNotification", status) == {}
        samples = (
            {"value": "3", "measurand": "SoCState"},
            {"value": "1234", "context": "Sample.Whatever"},
        )
        payload = {
            "connectorId": 1,
            "meterValue": [
                meter_value(ago(minutes=3 - number), sample)
                for number, sample in enumerate(samples)
            ],
        }
        assert await result(client, "MeterValues", payload, message_id="m2") == {}
    (change,) = charger.rows(
        "select * from core.connector_status_changes where tenant_id = %(tenant)s"
        " and charge_point_id = %(id)s"
    )
    assert (change["status"], change["error_code"]) == ("Sleeping", "Error")
    first, second = charger.readings()
    assert (first["other_samples"], first["flags"]) == ([samples[0]], ["measurand_unknown"])
    assert (second["energy_wh"], second["flags"]) == (1234, ["context_unknown"])


@pytest.mark.quirk(52)
@pytest.mark.parametrize("unit", ["Celcius", "Celsius"])
async def test_both_spellings_of_a_unit_are_read(
    bridge: RunningBridge, charger: Evidence, unit: str
) -> None:
    async with connected(bridge, charger.identity) as client:
        samples = (
            {"value": "21.5", "measurand": "Temperature", "unit": unit},
            {"value": "50", "measurand": "Frequency", "unit": "Hertz"},
        )
        await result(client, "MeterValues", reading(None, ago(minutes=1), *samples))
    (kept,) = charger.readings()
    assert kept["temperature_celsius"] == 21.5
    assert kept["other_samples"] == [samples[1]]
    assert kept["flags"] is None


@pytest.mark.quirk(53, 54)
async def test_a_stop_with_strange_fields_and_no_reason_ends_its_session(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1)))
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=3000)
        payload |= {"connectorId": 1, "disconnectReason": "EVDisconnected"}
        assert await result(client, "StopTransaction", payload, message_id="m2") == {}
    session = charger.session()
    assert (session["state"], session["stop_reason"]) == ("ended", "Local")
    assert (session["energy_wh"], session["hold_reason"]) == (2000, None)


@pytest.mark.quirk(55)
async def test_a_value_without_a_unit_has_that_of_its_measurand(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        payload = reading(
            None,
            ago(minutes=1),
            {"value": "15000"},
            {"value": "7200", "measurand": "Power.Active.Import"},
        )
        await result(client, "MeterValues", payload)
    (kept,) = charger.readings()
    assert (kept["energy_wh"], kept["power_w"], kept["flags"]) == (15000, 7200, None)


async def _charge_in_kwh(client: Any, *, reading_value: str) -> None:
    """An hour with 5 kWh, of which the one reading says `reading_value` in "Wh"."""
    begun = await result(client, "StartTransaction", start(at=ago(hours=1), meter_wh=1_200_000))
    number = begun["transactionId"]
    sample = {
        "value": reading_value,
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
    }
    await result(client, "MeterValues", reading(number, ago(minutes=30), sample), message_id="m2")
    await result(
        client,
        "StopTransaction",
        stop(number, at=ago(minutes=1), meter_wh=1_205_000),
        message_id="m3",
    )


@pytest.mark.quirk(56)
async def test_kwh_labelled_wh_holds_the_session(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        await _charge_in_kwh(client, reading_value="1202.5")
    session = charger.session()
    assert (session["hold_reason"], session["energy_wh"]) == ("unit_conflict", None)
    assert session["meter_stop_wh"] - session["meter_start_wh"] == 5000


@pytest.mark.quirk(56)
async def test_a_charger_known_to_mean_kwh_is_read_as_it_means(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    charger = new_charger(quirks=json.dumps({"energy_unit": "kWh"}))
    async with connected(bridge, charger.identity) as client:
        await _charge_in_kwh(client, reading_value="1202.5")
    session = charger.session()
    assert (session["hold_reason"], session["energy_wh"]) == (None, 5000)
    (kept,) = charger.readings()
    assert (kept["energy_wh"], kept["flags"]) == (1_202_500, ["unit_assumed"])


@pytest.mark.quirk(56)
async def test_a_model_known_to_mean_kwh_is_read_as_it_means(
    bridge: RunningBridge, charger: Evidence
) -> None:
    with superuser(charger.database) as connection:
        connection.execute(
            "insert into core.model_quirks (vendor, model, quirks)"
            """ values ('KiloMaker', 'K-%', '{"energy_unit": "kWh"}')"""
        )
    async with connected(bridge, charger.identity) as client:
        boot = {"chargePointVendor": "KiloMaker", "chargePointModel": "K-22"}
        await result(client, "BootNotification", boot, message_id="m0")
        await _charge_in_kwh(client, reading_value="1202.5")
    assert charger.readings()[0]["energy_wh"] == 1_202_500
    assert charger.session()["hold_reason"] is None


@pytest.mark.quirk(56)
async def test_power_in_watt_hours_is_kept_but_not_read(
    bridge: RunningBridge, charger: Evidence
) -> None:
    sample = {"value": "7200", "measurand": "Power.Active.Import", "unit": "Wh"}
    per_phase = {"value": "9", "measurand": "Energy.Active.Import.Register", "phase": "L1"}
    async with connected(bridge, charger.identity) as client:
        payload = reading(None, ago(minutes=1), sample, per_phase)
        await result(client, "MeterValues", payload)
    (kept,) = charger.readings()
    assert (kept["power_w"], kept["energy_wh"]) == (None, None)
    assert kept["other_samples"] == [sample, per_phase]
    assert kept["flags"] == ["unit_conflict"]


@pytest.mark.quirk(57)
@pytest.mark.parametrize("value", ["", "NaN", "12,5", "Infinity", "1e400", None, {}])
async def test_a_value_that_is_no_number_is_kept_as_text(
    bridge: RunningBridge, charger: Evidence, value: object
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1), meter_wh=value))
        assert begun["transactionId"] > 0
        payload = reading(begun["transactionId"], ago(minutes=1), {"value": value})
        assert await result(client, "MeterValues", payload, message_id="m2") == {}
    (kept,) = charger.readings()
    assert (kept["energy_wh"], kept["other_samples"]) == (None, [{"value": value}])
    assert "value_unreadable" in kept["flags"]
    session = charger.session()
    assert session["meter_start_wh"] is None
    assert "meter_start_missing" in session["flags"]
    assert charger.failures() == []


@pytest.mark.quirk(58)
@pytest.mark.parametrize("hours", [-5, 2])
async def test_a_clock_off_by_whole_hours_is_flagged(
    bridge: RunningBridge, charger: Evidence, hours: int
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "StartTransaction", start(at=ago(hours=-hours)))
    session = charger.session()
    assert "start_clock_off_whole_hours" in session["flags"]
    # A time ahead cannot be true; one behind may be a replay.
    off = datetime.now(UTC) - session["started_at"]
    assert abs(off - timedelta(hours=max(0, -hours))) < timedelta(minutes=1)


@pytest.mark.quirk(58)
async def test_a_replay_of_any_age_is_no_clock_that_is_off(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        await result(client, "StartTransaction", start(at=ago(hours=2, minutes=31)))
    assert charger.session()["flags"] == []


@pytest.mark.quirk(59)
async def test_sessions_of_1970_do_not_merge_over_a_boot(
    bridge: RunningBridge, charger: Evidence
) -> None:
    payload = start(at="1970-01-01T00:00:10Z", meter_wh=0)
    numbers = []
    async with connected(bridge, charger.identity) as client:
        for boot in range(2):
            await result(client, "BootNotification", BOOT, message_id=f"b{boot}")
            for message_id in ("s1", "s2"):
                begun = await result(
                    client, "StartTransaction", payload, message_id=f"{message_id}-{boot}"
                )
                numbers.append(begun["transactionId"])
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    sessions = charger.sessions()
    assert [session["flags"] for session in sessions] == [["start_time_implausible"]] * 2
    assert all(session["started_at"] == session["start_received_at"] for session in sessions)
    assert sessions[0]["state"] == "presumed_ended"


@pytest.mark.quirk(59)
async def test_readings_of_1970_are_filed_under_their_receipt(
    bridge: RunningBridge, charger: Evidence
) -> None:
    payload = reading(None, "1970-01-01T00:00:10Z", {"value": "5"})
    async with connected(bridge, charger.identity) as client:
        for message_id in ("m1", "m2"):
            await result(client, "MeterValues", payload, message_id=message_id)
    (kept,) = charger.readings()
    assert kept["sampled_at"] == kept["received_at"]
    assert kept["sampled_at_reported"] == "1970-01-01T00:00:10Z"
    assert kept["flags"] == ["time_clamped"]


@pytest.mark.quirk(60)
async def test_connector_0_is_the_charge_point_itself(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in (0, 1):
            await result(
                client,
                "StatusNotification",
                {"connectorId": number, "errorCode": "NoError", "status": "Available"},
                message_id=f"m{number}",
            )
    connectors = charger.rows(
        "select ocpp16_connector_id, status from core.connectors where tenant_id = %(tenant)s"
        " and charge_point_id = %(id)s"
    )
    assert connectors == [{"ocpp16_connector_id": 1, "status": "Available"}]
    changes = charger.rows(
        "select ocpp16_connector_id from core.connector_status_changes"
        " where tenant_id = %(tenant)s and charge_point_id = %(id)s order by id"
    )
    assert [change["ocpp16_connector_id"] for change in changes] == [0, 1]


@pytest.mark.quirk(61)
async def test_a_burst_of_first_states_is_answered_without_an_error(
    bridge: RunningBridge, new_charger: AddCharger
) -> None:
    """Eight chargers of one tenant, six connectors each, all at once and nobody waits."""

    async def contact(charger: Evidence) -> list[Any]:
        async with connected(bridge, charger.identity) as client:
            await client.send([2, "b", "BootNotification", BOOT])
            for number in range(7):
                status = {"connectorId": number, "errorCode": "NoError", "status": "Available"}
                await client.send([2, f"m{number}", "StatusNotification", status])
            return [await client.receive() for _ in range(8)]

    chargers = [new_charger() for _ in range(8)]
    answers = await asyncio.gather(*map(contact, chargers))
    assert [answer[0] for of_one in answers for answer in of_one] == [3] * 64
    for charger in chargers:
        count = charger.rows(
            "select count(*) as connectors from core.connectors where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s"
        )
        assert count == [{"connectors": 6}]
        assert charger.failures() == []


@pytest.mark.quirk(55, 56)
async def test_energy_keeps_its_decimals(bridge: RunningBridge, charger: Evidence) -> None:
    sample = {"value": "1234.567", "unit": "kWh"}
    async with connected(bridge, charger.identity) as client:
        payload = {"connectorId": 1, "meterValue": [meter_value(ago(minutes=1), sample)]}
        await result(client, "MeterValues", payload)
    (kept,) = charger.readings()
    assert (kept["energy_wh"], kept["flags"]) == (Decimal(1234567), ["unit_kwh"])


@pytest.mark.quirk(50)
async def test_the_token_of_a_stop_needs_no_right(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(hours=1), token=TOKEN))
        await result(
            client,
            "StopTransaction",
            stop(begun["transactionId"], at=ago(minutes=1), meter_wh=2000, idTag="NOBODY-KNOWS"),
            message_id="m2",
        )
    session = charger.session()
    assert (session["state"], session["hold_reason"]) == ("ended", None)
