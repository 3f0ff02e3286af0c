"""Whatever is sent as a command and whatever a charger answers, no function of ours fails at it."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.schemas import request_schemas
from tests.support.databases import Database
from tests.support.payloads import is_storable, junk, values

ACTIONS = [
    "CancelReservation", "CertificateSigned", "ChangeAvailability", "ChangeConfiguration",
    "ClearCache", "ClearChargingProfile", "DataTransfer", "DeleteCertificate",
    "ExtendedTriggerMessage", "GetCompositeSchedule", "GetConfiguration", "GetDiagnostics",
    "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog", "InstallCertificate",
    "RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "Reset", "SendLocalList",
    "SetChargingProfile", "SignedUpdateFirmware", "TriggerMessage", "UnlockConnector",
    "UpdateFirmware",
]  # fmt: skip
REQUESTS = request_schemas("1.6")
RESPONSES: dict[str, Any] = {
    action: json.loads(
        (
            importlib.resources.files("ocpp") / "v16" / "schemas" / f"{action}Response.json"
        ).read_text(encoding="utf-8-sig")
    )
    for action in ACTIONS
}
LATER = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
BRIDGE_ID = "00000000-0000-4000-b000-000000000001"

_QUEUE = (
    "select (fleet.queue_command(cp, %s, %s)).id"
    " from core.charge_points as cp where cp.tenant_id = 101 and cp.id = 1001"
)
_FINISH = (
    "select ocpp.finish_commands(array[1001], array[%s], array[%s], array[%s],"
    " array['GenericError'], array['no'], array[null], array[now()])"
)


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[str, Any, str, Any]:
    """An action, a payload, how it ends, and an answer."""
    action = draw(st.sampled_from(ACTIONS))
    return (
        action,
        draw(values(REQUESTS[action], REQUESTS[action])),
        draw(st.sampled_from(["result", "result", "result", "error", "timeout", "invalid"])),
        draw(st.one_of(values(RESPONSES[action], RESPONSES[action]), junk)),
    )


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may call what is private."""
    with psycopg.connect(module_database.owner_url) as connection:
        connection.execute("set role voltaro_owner")
        connection.commit()
        yield connection


def test_the_list_of_actions_is_whole(owner: psycopg.Connection[Any]) -> None:
    """What the test below sends is what may be sent."""
    rows = owner.execute(
        "select action from ops.command_actions where ocpp_version = '1.6' order by 1"
    ).fetchall()
    assert [row[0] for row in rows] == ACTIONS


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(exchange=exchanges())
@example(
    exchange=(
        "ReserveNow",
        {"connectorId": 0, "expiryDate": LATER, "idTag": "x", "reservationId": 0},
        "result",
        None,
    )
)
@example(
    exchange=(
        "ReserveNow",
        {"connectorId": 0, "expiryDate": "2026-11-20T12:00:00+23:59", "idTag": "x"},
        "result",
        None,
    )
)
def test_no_payload_and_no_answer_makes_a_function_fail(
    owner: psycopg.Connection[Any], exchange: tuple[str, Any, str, Any]
) -> None:
    """A payload is queued or refused with a status, an answer leaves nothing that failed."""
    action, payload, outcome, answer = exchange
    if not is_storable(payload):
        return
    owner.execute("delete from ops.failed_messages")
    refusal: psycopg.Error | None = None
    try:
        owner.execute(_QUEUE, [action, json.dumps(payload)])
    except psycopg.Error as error:
        refusal = error
    if refusal is not None:
        owner.rollback()
        assert refusal.sqlstate in {"PT400", "PT404", "PT409"}, refusal
        return
    rows = owner.execute(
        "select message_id from ocpp.take_commands(%s, array[1001])", [BRIDGE_ID]
    ).fetchall()
    for (message_id,) in rows:
        owner.execute(_FINISH, [message_id, outcome, json.dumps(answer)])
    failed = owner.execute("select action, sqlstate, error from ops.failed_messages").fetchall()
    owner.rollback()
    assert len(rows) == 1
    assert failed == []
