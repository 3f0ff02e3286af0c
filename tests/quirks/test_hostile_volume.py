"""A charger that reports without end fills no table: limits, each a setting, and an alarm."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets

from tests.bridge.chargers import add_charger, await_ready, connected, superuser
from tests.quirks.evidence import TOKEN, Evidence, ago, result, start, stop
from tests.support.databases import Database
from tests.support.processes import RunningBridge, running_bridge

LIMITS = {
    "fleet.max_sessions": 6,
    "fleet.max_authorizations": 8,
    "fleet.max_failed_messages": 4,
    "fleet.max_status_changes": 5,
    "fleet.max_readings": 60,
    "fleet.max_security_events": 7,
    "charging.max_session_events": 5,
    "charging.max_unknown_id_tokens": 3,
}
_numbers = itertools.count(1)
BROKEN = """
create or replace function ocpp16.heartbeat(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language plpgsql as $$
begin
    return jsonb_build_object('currentTime', 1 / 0);
end;
$$
"""


@pytest.fixture(scope="module")
def bridge(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningBridge]:
    """A bridge on a database with small limits, and a Heartbeat that always fails."""
    with superuser(module_database) as connection:
        for name, value in LIMITS.items():
            changed = connection.execute(
                "update ops.settings set value = to_jsonb(%s::integer) where name = %s",
                [value, name],
            )
            assert changed.rowcount == 1, name
        connection.execute(BROKEN)
    directory: Path = tmp_path_factory.mktemp("bridge")
    with running_bridge(module_database.settings, directory) as running:
        await_ready(running)
        yield running


@pytest.fixture
def charger(module_database: Database) -> Evidence:
    """A charger of its own for each test."""
    identity = f"H-{next(_numbers)}"
    add_charger(module_database, identity)
    return Evidence(module_database, identity)


def _count(charger: Evidence, table: str) -> int:
    (row,) = charger.rows(
        f"select count(*) as rows from {table}"  # noqa: S608 - names are the tests'
        " where tenant_id = %(tenant)s and charge_point_id = %(id)s"
    )
    return int(row["rows"])


def _alarms(charger: Evidence) -> list[str]:
    return [alarm["kind"] for alarm in charger.alarms()]


async def test_sessions_have_a_limit_and_known_ones_go_on(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """Past it a new one gets no answer and is taken the next day; one that is there goes on."""
    first = start(at=ago(minutes=50), meter_wh=0)
    stops = [stop(1000 + number, at=ago(minutes=20), meter_wh=number) for number in range(6)]
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", first, message_id="first")
        for number, payload in enumerate(stops[:5]):
            await result(client, "StopTransaction", payload, message_id=f"m{number}")
        await client.send([2, "m5", "StopTransaction", stops[5]])
        assert (await client.closed())[0] in {1011, 1012, 1013}
    assert _count(charger, "core.sessions") == 6
    async with connected(bridge, charger.identity) as client:
        again = await result(client, "StartTransaction", first, message_id="again")
        # The expiry date of the answer is worked out anew.
        assert again["transactionId"] == begun["transactionId"]
        assert again["idTagInfo"]["status"] == begun["idTagInfo"]["status"]
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=70)
        await result(client, "StopTransaction", payload, message_id="stop")
        charger.rows(
            "update ops.charge_point_volumes set counted_since = now() - interval '25 hours'"
            " where tenant_id = %(tenant)s and charge_point_id = %(id)s returning kind"
        )
        await result(client, "StopTransaction", stops[5], message_id="m5")
    assert _count(charger, "core.sessions") == 7
    assert sum(session["energy_wh"] or 0 for session in charger.sessions()) == 70
    assert _alarms(charger) == ["too_many_sessions"]


async def test_failed_messages_have_a_limit(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in range(9):
            answer = await client.call("Heartbeat", {"x": number}, message_id=f"m{number}")
            assert answer[2] == "InternalError"
    assert _count(charger, "ops.failed_messages") == 4
    assert _alarms(charger) == ["too_many_failed_messages"]


async def test_decisions_have_a_limit_and_are_made_all_the_same(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in range(12):
            payload = {"idTag": TOKEN}
            answer = await result(client, "Authorize", payload, message_id=f"m{number}")
            assert answer["idTagInfo"]["status"] == "Accepted"
    assert _count(charger, "core.authorizations") == 8
    assert _alarms(charger) == ["too_many_authorizations"]


async def test_states_have_a_limit_and_the_newest_is_known(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in range(9):
            status = {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Available" if number % 2 else "Preparing",
                "info": str(number),
                "timestamp": ago(minutes=20 - number),
            }
            await result(client, "StatusNotification", status, message_id=f"m{number}")
    assert _count(charger, "core.connector_status_changes") == 5
    (connector,) = charger.rows(
        "select error_info from core.connectors where tenant_id = %(tenant)s"
        " and charge_point_id = %(id)s"
    )
    assert connector["error_info"] == "8"
    assert _alarms(charger) == ["too_many_status_changes"]


async def test_readings_have_a_limit(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in range(5):
            values = [
                {"timestamp": ago(minutes=1 + place), "sampledValue": [{"value": str(number)}]}
                for place in range(25)
            ]
            payload = {"connectorId": 1, "meterValue": values}
            assert await result(client, "MeterValues", payload, message_id=f"m{number}") == {}
    assert _count(charger, "core.meter_values") == 50
    assert _alarms(charger) == ["too_many_readings"]


async def test_events_of_a_session_have_a_limit_but_its_moves_count(
    bridge: RunningBridge, charger: Evidence
) -> None:
    async with connected(bridge, charger.identity) as client:
        begun = await result(client, "StartTransaction", start(at=ago(minutes=50)))
        for number in range(12):
            status = {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Charging" if number % 2 else "SuspendedEV",
                "timestamp": ago(minutes=40 - number),
            }
            await result(client, "StatusNotification", status, message_id=f"m{number}")
        payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=2000)
        await result(client, "StopTransaction", payload, message_id="stop")
        for number in range(12):
            payload = stop(begun["transactionId"], at=ago(minutes=1), meter_wh=3000 + number)
            await result(client, "StopTransaction", payload, message_id=f"s{number}")
    session = charger.session()
    assert (session["state"], session["hold_reason"]) == ("ended", "stop_conflict")
    events = charger.rows(
        "select e.event from core.session_events as e inner join core.sessions as s"
        " on s.tenant_id = e.tenant_id and s.id = e.session_id"
        " where s.charge_point_id = %(id)s order by e.id"
    )
    assert len(events) == 6
    assert events[-1]["event"] == "stopped"


async def test_security_events_have_a_limit(bridge: RunningBridge, charger: Evidence) -> None:
    async with connected(bridge, charger.identity) as client:
        for number in range(12):
            payload = {"type": f"Event{number}", "timestamp": ago(minutes=number)}
            action = "SecurityEventNotification"
            assert await result(client, action, payload, message_id=f"m{number}") == {}
    assert _count(charger, "core.security_events") == 7


async def test_unknown_tokens_have_a_limit(bridge: RunningBridge, charger: Evidence) -> None:
    """The inbox is a tenant's: 3 entries, of however many chargers."""
    async with connected(bridge, charger.identity) as client:
        for number in range(12):
            payload = {"idTag": f"STRANGER-{number}"}
            await client.call("Authorize", payload, message_id=f"m{number}")
    waiting = charger.rows(
        "select count(*) as tokens from core.unknown_id_tokens where tenant_id = %(tenant)s"
        " and state = 'waiting'"
    )
    assert waiting[0]["tokens"] <= 3


async def test_a_flood_on_many_sockets_is_one_charger(
    bridge: RunningBridge, charger: Evidence
) -> None:
    """The count is the charger's, whatever it reconnects."""
    for number in range(4):
        async with connected(bridge, charger.identity) as client:
            with contextlib.suppress(websockets.ConnectionClosed):
                for place in range(3):
                    payload = stop(place + 3 * number, at=ago(minutes=20), meter_wh=place)
                    await client.call("StopTransaction", payload, message_id=f"m{place}")
    assert _count(charger, "core.sessions") == 6
