"""Commands that operate chargers, as clients of the API write and read them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def connected(module_database: Database) -> None:
    """GW-CP-1 has just been seen."""
    with psycopg.connect(module_database.superuser_url) as connection:
        connection.execute(
            "update ops.presence set last_seen_at = now() where charge_point_id = 1001"
        )


@pytest.mark.parametrize(
    ("function", "arguments", "action", "payload"),
    [
        (
            "remote_start_transaction",
            {"id_token": "GWTOKEN3", "connector": 1},
            "RemoteStartTransaction",
            {"idTag": "GWTOKEN3", "connectorId": 1},
        ),
        ("reset", {}, "Reset", {"type": "Soft"}),
        ("unlock_connector", {"connector": 1}, "UnlockConnector", {"connectorId": 1}),
        (
            "change_availability",
            {"type": "Operative"},
            "ChangeAvailability",
            {"type": "Operative", "connectorId": 0},
        ),
        ("clear_cache", {}, "ClearCache", {}),
        (
            "data_transfer",
            {"vendor_id": "org.example", "data": {"a": [1]}},
            "DataTransfer",
            {"vendorId": "org.example", "data": '{"a":[1]}'},
        ),
        (
            "trigger_message",
            {"message": "MeterValues", "connector": 1},
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "connectorId": 1},
        ),
        (
            "extended_trigger_message",
            {"message": "SignChargePointCertificate"},
            "ExtendedTriggerMessage",
            {"requestedMessage": "SignChargePointCertificate"},
        ),
    ],
)
def test_a_call_returns_its_command_at_once(
    people: People, function: str, arguments: Json, action: str, payload: Json
) -> None:
    """With its id, by which commands tells the rest."""
    operator = people["greenway.operator"]
    answer = operator.post(f"/rpc/{function}", json={"charge_point": "GW-CP-1", **arguments})
    assert answer.status_code == 200, answer.text
    (command,) = answer.json()
    assert (command["action"], command["payload"]) == (action, payload)
    assert (command["state"], command["requested_via"]) == ("queued", "api")
    (row,) = operator.get(f"/commands?id=eq.{command['id']}").json()
    assert row == command
    assert people["bluecharge.operator"].get(f"/commands?id=eq.{command['id']}").json() == []


@pytest.mark.parametrize(
    ("who", "function", "arguments", "status", "key"),
    [
        ("operator", "reset", {"charge_point": "GW-CP-2"}, 409, "charge_point_offline"),
        ("operator", "reset", {"charge_point": "BC-CP-1"}, 404, "charge_point_unknown"),
        ("operator", "reset", {}, 400, "charge_point_required"),
        (
            "operator",
            "reset",
            {"charge_point": "GW-CP-1", "type": "Warm"},
            400,
            "command_payload_invalid",
        ),
        ("viewer", "reset", {"charge_point": "GW-CP-1"}, 403, "permission_missing"),
        ("customer", "remote_start_transaction", {"evse_id": "?"}, 404, "evse_unknown"),
        (
            "customer",
            "remote_start_transaction",
            {"evse_id": "DE*GRW*E1002*1"},
            403,
            "id_token_refused",
        ),
        (
            "driver2",
            "remote_start_transaction",
            {"evse_id": "DE*GRW*E1002*1"},
            409,
            "charge_point_offline",
        ),
        ("customer", "remote_stop_transaction", {"session_id": 1002}, 404, "session_unknown"),
        ("customer", "remote_stop_transaction", {"session_id": 1001}, 409, "session_ended"),
        (
            "operator",
            "remote_stop_transaction",
            {"charge_point": "GW-CP-1", "transaction_id": 7007},
            409,
            "session_ended",
        ),
        ("operator", "charge_point_status", {"charge_point": "NONE"}, 404, "charge_point_unknown"),
    ],
)
def test_a_refusal_has_its_status_and_key(
    people: People, who: str, function: str, arguments: Json, status: int, key: str
) -> None:
    """What is refused says why, to people and to programs."""
    answer = people[f"greenway.{who}"].post(f"/rpc/{function}", json=arguments)
    assert (answer.status_code, key_of(answer)) == (status, key)


def test_a_driver_operates_nothing(people: People) -> None:
    """Drivers start and stop; the other calls do not exist for them."""
    for function in ("reset", "unlock_connector", "clear_cache", "charge_point_status"):
        answer = people["greenway.customer"].post(
            f"/rpc/{function}", json={"charge_point": "GW-CP-1"}
        )
        assert answer.status_code == 403, answer.text
        assert answer.json()["code"] == "42501"


def test_status_is_read_like_a_relation(people: People) -> None:
    """It answers to GET, and its columns can be chosen, filtered and ordered."""
    operator = people["greenway.operator"]
    rows = operator.get(
        "/rpc/charge_point_status?select=identity,is_connected,queued_commands"
        "&is_connected=is.true&order=identity"
    ).json()
    assert [(row["identity"], row["is_connected"]) for row in rows] == [("GW-CP-1", True)]
    (one,) = operator.get("/rpc/charge_point_status?charge_point=gw-cp-2").json()
    assert (one["identity"], one["is_online"], one["command_in_flight"]) == ("GW-CP-2", False, None)
    assert [connector["connector_id"] for connector in one["connectors"]] == [1]
