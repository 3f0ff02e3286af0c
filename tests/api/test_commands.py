"""Commands over HTTP: sent, seen, taken back, and refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.people import People


def send(people: People, who: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Send a command; return status and body."""
    answer = people[who].post("/rpc/send_command", json=body)
    return answer.status_code, answer.json()


def test_a_command_is_returned_at_once_and_shows_in_the_list(people: People) -> None:
    """Its id comes with the answer, its charge point can be embedded."""
    status, rows = send(
        people,
        "greenway.operator",
        {"action": "ClearCache", "charge_point": "gw-cp-2", "expires_in_s": 600},
    )
    assert status == 200, rows
    (row,) = rows
    assert (row["action"], row["state"], row["is_kept"]) == ("ClearCache", "queued", True)
    seen = people["greenway.viewer"].get(
        "/commands",
        params={"id": f"eq.{row['id']}", "select": "state,payload,charge_points(identity)"},
    )
    assert seen.json() == [
        {"state": "queued", "payload": {}, "charge_points": {"identity": "GW-CP-2"}}
    ]
    cancelled = people["greenway.operator"].post(
        "/rpc/cancel_command", json={"command_id": row["id"]}
    )
    assert [each["state"] for each in cancelled.json()] == ["cancelled"]


def test_a_group_is_addressed_by_its_name(people: People) -> None:
    """Every member gets a row, and they share a batch."""
    status, rows = send(
        people,
        "greenway.operator",
        {"action": "GetLocalListVersion", "charge_point_group": "Fast"},
    )
    assert status == 200, rows
    assert [row["charge_point_id"] for row in rows] == [1001]
    assert rows[0]["batch_id"] is not None


@pytest.mark.parametrize(
    ("who", "body", "status", "key"),
    [
        ("operator", {"action": "Reset"}, 400, "charge_point_required"),
        ("operator", {"action": "Heartbeat", "charge_point": "GW-CP-1"}, 400, "action_unknown"),
        ("operator", {"action": "Reset", "charge_point": "BC-CP-1"}, 404, "point_unknown"),
        ("operator", {"action": "Reset", "charge_point_group": "No"}, 404, "group_unknown"),
        (
            "operator",
            {"action": "Reset", "charge_point": "GW-CP-2", "payload": {"type": "Soft"}},
            409,
            "charge_point_offline",
        ),
        ("operator", {"action": "Reset", "charge_point": "GW-CP-1", "keep": "x"}, 400, None),
        ("support", {"action": "Reset", "charge_point": "GW-CP-1"}, 403, "permission_missing"),
        ("customer", {"action": "Reset", "charge_point": "GW-CP-1"}, 403, None),
    ],
)
def test_a_command_is_refused_with_a_sentence(
    people: People, who: str, body: dict[str, Any], status: int, key: str | None
) -> None:
    """The status says whose trouble it is, the key which."""
    found, answer = send(people, f"greenway.{who}", body)
    assert found == status, answer
    if key is not None:
        assert f'{key}"' in answer["details"]


def test_a_payload_that_breaks_its_schema_is_refused_with_where_and_why(people: People) -> None:
    """The list of violations is machine-readable."""
    status, answer = send(
        people,
        "greenway.operator",
        {"action": "Reset", "charge_point": "GW-CP-1", "payload": {"type": "Gentle"}},
    )
    assert status == 400
    details = json.loads(answer["details"])
    assert details["error"] == "command_payload_invalid"
    assert [(each["path"], each["keyword"]) for each in details["violations"]] == [
        ("/type", "enum")
    ]


def test_strangers_send_nothing(people: People) -> None:
    """Without a token there is nothing to call."""
    answer = people.anonymous.post("/rpc/send_command", json={"action": "Reset"})
    assert answer.status_code == 401
