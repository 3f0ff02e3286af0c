"""Configuration, local lists, reservations and charging profiles over HTTP: written, embedded,
refused with a sentence, and out of reach for others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.people import People

SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
PROFILE = {
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": SCHEDULE,
}


def rpc(people: People, who: str, function: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Call a function; return status and body."""
    answer = people[who].post(f"/rpc/{function}", json=body)
    return answer.status_code, answer.json()


def test_a_template_is_written_with_its_keys_and_followed(people: People) -> None:
    """The verbs of PostgREST suffice, and what differs is embedded into the charge point."""
    operator = people["greenway.operator"]
    made = operator.post(
        "/configuration_templates",
        json={"name": "Depot", "description": "Behind the gate."},
        headers={"Prefer": "return=representation"},
    )
    assert made.status_code == 201, made.text
    template = made.json()[0]["id"]
    key = {"configuration_template_id": template, "key": "HeartbeatInterval", "value": "900"}
    assert operator.post("/configuration_template_keys", json=key).status_code == 201
    changed = operator.patch(
        f"/configuration_template_keys?configuration_template_id=eq.{template}",
        json={"value": "1200"},
    )
    assert changed.status_code == 204, changed.text
    followed = operator.patch(
        "/charge_points?id=eq.1002", json={"configuration_template_id": template}
    )
    assert followed.status_code == 204, followed.text
    drift = operator.get(
        "/configuration_drift?charge_point_id=eq.1002&select=key,wanted,why,charge_points(identity)"
    )
    assert drift.json() == [
        {
            "key": "HeartbeatInterval",
            "wanted": "1200",
            "why": "different",
            "charge_points": {"identity": "GW-CP-2"},
        }
    ]
    seen = operator.get(
        "/charge_points?id=eq.1002"
        "&select=configuration_templates(name,configuration_template_keys(key,value))"
    )
    assert seen.json() == [
        {
            "configuration_templates": {
                "name": "Depot",
                "configuration_template_keys": [{"key": "HeartbeatInterval", "value": "1200"}],
            }
        }
    ]
    back = operator.patch("/charge_points?id=eq.1002", json={"configuration_template_id": 1001})
    assert back.status_code == 204, back.text
    assert operator.delete(f"/configuration_templates?id=eq.{template}").status_code == 204


def test_commands_wait_for_a_charger_that_is_away(people: People) -> None:
    """Configuration and lists are kept by default; what is for now is refused."""
    kept: dict[str, dict[str, Any]] = {
        "get_configuration": {"keys": ["HeartbeatInterval"]},
        "change_configuration": {"key": "HeartbeatInterval", "value": "60"},
        "apply_configuration_template": {},
        "send_local_list": {"update_type": "full"},
        "get_local_list_version": {},
        "clear_charging_profile": {"connector": 0},
    }
    for function, body in kept.items():
        status, rows = rpc(
            people, "greenway.operator", function, {"charge_point": "GW-CP-2"} | body
        )
        assert status == 200, (function, rows)
        assert [row["state"] for row in rows] == ["queued"], function
        for row in rows:
            people["greenway.operator"].post("/rpc/cancel_command", json={"command_id": row["id"]})
    refused: dict[str, dict[str, Any]] = {
        "reserve_now": {"id_token": "GWTOKEN1"},
        "set_charging_profile": {"profile": PROFILE},
        "get_composite_schedule": {"duration_s": 60},
    }
    for function, body in refused.items():
        status, refusal = rpc(
            people, "greenway.operator", function, {"charge_point": "GW-CP-2"} | body
        )
        assert (status, json.loads(refusal["details"])["error"]) == (409, "charge_point_offline")


def test_a_group_is_addressed_by_its_name(people: People) -> None:
    """Every member gets a row, and the rows share a batch."""
    calls: dict[str, dict[str, Any]] = {
        "get_configuration": {},
        "change_configuration": {"key": "HeartbeatInterval", "value": "60"},
        "send_local_list": {"update_type": "full"},
        "get_local_list_version": {},
        "set_charging_profile": {"charging_profile_id": 1001},
        "clear_charging_profile": {},
        "get_composite_schedule": {},
    }
    for function, body in calls.items():
        status, rows = rpc(
            people, "greenway.operator", function, {"charge_point_group": "Fast"} | body
        )
        assert status == 200, (function, rows)
        assert [row["charge_point_id"] for row in rows] == [1001], function
        assert rows[0]["batch_id"] is not None, function
        for row in rows:
            people["greenway.operator"].post("/rpc/cancel_command", json={"command_id": row["id"]})


FUNCTIONS: dict[str, dict[str, Any]] = {
    "apply_configuration_template": {},
    "change_configuration": {"key": "HeartbeatInterval", "value": "60"},
    "clear_charging_profile": {},
    "get_composite_schedule": {},
    "get_configuration": {},
    "get_local_list_version": {},
    "reserve_now": {"id_token": "X"},
    "send_local_list": {},
    "set_charging_profile": {"profile": PROFILE},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_reaches_another_tenants_charger(people: People, function: str) -> None:
    """A charge point of another tenant is not there, and neither is one without a permission."""
    body = FUNCTIONS[function]
    status, refusal = rpc(people, "greenway.operator", function, {"charge_point": "BC-CP-1"} | body)
    assert (status, json.loads(refusal["details"])["error"]) == (404, "charge_point_unknown")
    status, refusal = rpc(people, "greenway.viewer", function, {"charge_point": "GW-CP-1"} | body)
    assert (status, json.loads(refusal["details"])["error"]) == (403, "permission_missing")


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"reserve_now"}))
def test_drivers_configure_nothing(people: People, function: str) -> None:
    """But for reservations these functions are not theirs."""
    status, _ = rpc(people, "greenway.customer", function, {"charge_point": "GW-CP-1"})
    assert status in {403, 404}


@pytest.mark.parametrize(
    ("who", "function", "body", "status", "key"),
    [
        (
            "operator",
            "set_charging_profile",
            {"charge_point": "GW-CP-1"},
            400,
            "charging_profile_required",
        ),
        (
            "operator",
            "set_charging_profile",
            {"charge_point": "GW-CP-1", "profile": {}},
            400,
            "charging_profile_invalid",
        ),
        (
            "operator",
            "set_charging_profile",
            {"charge_point": "GW-CP-1", "charging_profile_id": 2001},
            404,
            "charging_profile_unknown",
        ),
        (
            "operator",
            "set_charging_profile",
            {"session_id": 2001, "profile": PROFILE},
            404,
            "session_unknown",
        ),
        (
            "operator",
            "clear_charging_profile",
            {"installation_id": 2001},
            404,
            "charging_profile_installation_unknown",
        ),
        (
            "operator",
            "get_composite_schedule",
            {"charge_point": "GW-CP-1", "duration_s": 0},
            400,
            "duration_invalid",
        ),
        (
            "operator",
            "send_local_list",
            {"charge_point": "GW-CP-1", "update_type": "odd"},
            400,
            "local_list_update_type",
        ),
        (
            "operator",
            "send_local_list",
            {"charge_point": "GW-CP-1", "entries": ["odd"]},
            400,
            "local_list_invalid",
        ),
        ("operator", "cancel_reservation", {"reservation_id": 2001}, 404, "reservation_unknown"),
        ("operator", "cancel_reservation", {"reservation_id": 1001}, 409, "reservation_closed"),
        ("customer", "cancel_reservation", {"reservation_id": 1002}, 404, "reservation_unknown"),
        ("customer", "reserve_now", {}, 400, "evse_id_required"),
        ("customer", "reserve_now", {"evse_id": "NL*BLU*E2001*1"}, 404, "evse_unknown"),
    ],
)
def test_refusals_carry_a_key(
    people: People, who: str, function: str, body: dict[str, Any], status: int, key: str
) -> None:
    """What is wrong is said with a stable key."""
    answer = rpc(people, f"greenway.{who}", function, body)
    assert (answer[0], json.loads(answer[1]["details"])["error"]) == (status, key)


def test_drivers_see_their_own_reservations(people: People) -> None:
    """And nothing else of what is on a charger."""
    seen = people["greenway.customer"].get("/reservations?select=id")
    assert seen.json() == [{"id": 1001}]
    for relation in (
        "configuration_keys",
        "configuration_templates",
        "configuration_drift",
        "local_lists",
        "local_list_entries",
        "charging_profiles",
        "charging_profile_installations",
    ):
        assert people["greenway.customer"].get(f"/{relation}").status_code == 403, relation


def test_a_bad_profile_is_not_stored(people: People) -> None:
    """The sentence says what is wrong with it."""
    answer = people["greenway.operator"].post(
        "/charging_profiles",
        json={
            "name": "Backwards",
            "purpose": "TxDefaultProfile",
            "kind": "Relative",
            "schedule": SCHEDULE
            | {
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 16},
                    {"startPeriod": 0, "limit": 8},
                ]
            },
        },
    )
    assert answer.status_code == 400
    assert answer.json()["message"] == "each period starts after the one before it"
