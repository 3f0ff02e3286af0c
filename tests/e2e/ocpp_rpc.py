"""Sessions by the npm client `ocpp-rpc`, and who may read them back through the API."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from db.settings import ROOT
from tests.charger import ocpp_time
from tests.support.rest import Api

__all__ = ["ENERGY_WH", "ForeignSession", "People", "assert_read_back", "run_ocpp_rpc"]

ENERGY_WH = 7400
"""What the script charges in half an hour."""

_SCRIPT = Path(__file__).with_name("ocpp_rpc_session.mjs")
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class ForeignSession:
    """What the client of others reports of its session."""

    identity: str
    transaction_id: int
    started_at: datetime
    meter_start_wh: int
    calls: list[dict[str, Any]]
    """Each with action, payload and answer, in order."""


@dataclass(frozen=True, slots=True)
class People:
    """The API as those see it who read a session back."""

    operator: Api
    driver: Api
    other_operator: Api
    other_driver: Api


def run_ocpp_rpc(ocpp_url: str, identity: str, key: str, id_token: str) -> ForeignSession:
    """Run a session that ends now. AssertionError with the client's words when it fails."""
    started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    meter_start_wh = int(started_at.timestamp())
    result = subprocess.run(
        [
            "node",
            str(_SCRIPT),
            ocpp_url,
            identity,
            key,
            id_token,
            str(meter_start_wh),
            ocpp_time(started_at),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    return ForeignSession(
        identity=identity,
        transaction_id=report["transactionId"],
        started_at=started_at,
        meter_start_wh=meter_start_wh,
        calls=report["calls"],
    )


def assert_read_back(session: ForeignSession, people: People, *, since: datetime) -> None:
    """The session, its meter values and its frames: right for whom they concern, gone for others.

    `since` is a time before the client connected.
    """
    operator = people.operator
    (charge_point,) = operator.read("charge_points", identity=f"eq.{session.identity}")
    of_session = {
        "charge_point_id": f"eq.{charge_point['id']}",
        "transaction_id": f"eq.{session.transaction_id}",
    }
    (found,) = operator.read("charging_sessions", **of_session, select="*,charge_points(identity)")
    assert found["state"] == "ended"
    assert found["energy_wh"] == ENERGY_WH
    assert found["hold_reason"] is None
    assert datetime.fromisoformat(found["started_at"]) == session.started_at
    assert datetime.fromisoformat(found["ended_at"]) == session.started_at + timedelta(minutes=30)
    assert found["meter_start_wh"] == session.meter_start_wh
    assert found["meter_stop_wh"] == session.meter_start_wh + ENERGY_WH
    assert found["charge_points"] == {"identity": session.identity}

    of_readings = {"session_id": f"eq.{found['id']}", "order": "sampled_at"}
    readings = operator.read("meter_values", **of_readings)
    assert [
        (
            datetime.fromisoformat(one["sampled_at"]) - session.started_at,
            one["energy_wh"] - session.meter_start_wh,
            one["power_w"],
            one["current_l2_a"],
            one["soc_percent"],
        )
        for one in readings
    ] == [
        (timedelta(minutes=minute), round(ENERGY_WH * minute / 30), 14_800, 21.5, 40 + minute)
        for minute in (10, 20, 30)
    ]

    of_frames = {
        "charge_point_id": f"eq.{charge_point['id']}",
        "received_at": f"gte.{ocpp_time(since)}",
        "order": "id",
    }
    frames = operator.read("ocpp_messages", **of_frames)
    sent = [
        (one["action"], json.loads(one["payload"])) for one in frames if one["direction"] == "in"
    ]
    answered = {
        one["message_id"]: json.loads(one["payload"])
        for one in frames
        if one["direction"] == "out" and one["message_type"] == "CALLRESULT"
    }
    assert sent == [(call["action"], call["payload"]) for call in session.calls]
    assert [answered[one["message_id"]] for one in frames if one["direction"] == "in"] == [
        call["answer"] for call in session.calls
    ]

    assert people.driver.read("charging_sessions", **of_session) == [
        {name: value for name, value in found.items() if name != "charge_points"}
    ]
    assert people.driver.read("meter_values", **of_readings) == readings
    _assert_hidden(people.driver, "ocpp_messages", of_frames)
    for stranger in (people.other_operator, people.other_driver):
        _assert_hidden(stranger, "charging_sessions", of_session)
        _assert_hidden(stranger, "meter_values", of_readings)
        _assert_hidden(stranger, "ocpp_messages", of_frames)


def _assert_hidden(person: Api, relation: str, parameters: dict[str, str]) -> None:
    """Nothing is there for this person: no row, or no right to ask."""
    answer = person.get(relation, **parameters)
    assert answer.status == 403 or (answer.status == 200 and answer.body == []), answer
