"""Every message that a 1.6 charger may send: answered as its schema wants, and in the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.schemas import Schemas
from tests.charger import ocpp_time
from tests.e2e.commands import CommandStack

Json = dict[str, Any]
NOW = ocpp_time(datetime.now(UTC))


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("Authorize", {"idTag": "GWTOKEN3"}, {}),
        (
            "BootNotification",
            {"chargePointVendor": "Vendor", "chargePointModel": "Model"},
            {"status": "Accepted"},
        ),
        ("DataTransfer", {"vendorId": "org.example"}, {"status": "UnknownVendorId"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
        ("FirmwareStatusNotification", {"status": "Idle"}, {}),
        ("Heartbeat", {}, {}),
        (
            "MeterValues",
            {
                "connectorId": 1,
                "meterValue": [{"timestamp": NOW, "sampledValue": [{"value": "1000"}]}],
            },
            {},
        ),
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": "GWTOKEN3", "meterStart": 1000, "timestamp": NOW},
            {},
        ),
        (
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
            {},
        ),
        ("StopTransaction", {"transactionId": 4711, "meterStop": 2000, "timestamp": NOW}, {}),
        ("LogStatusNotification", {"status": "Idle"}, {}),
        (
            "SecurityEventNotification",
            {"type": "FirmwareUpdated", "timestamp": NOW},
            {},
        ),
        ("SignCertificate", {"csr": "no request at all"}, {"status": "Rejected"}),
        ("SignedFirmwareStatusNotification", {"status": "Idle"}, {}),
    ],
)
def test_a_message_is_answered_and_logged(
    command_stack: CommandStack, action: str, payload: Json, expected: Json
) -> None:
    """The answer fits the schema of its action and both frames can be read through the API."""
    with command_stack.charger("MESSAGES") as charger:
        answer = charger.call(action, payload)
        assert Schemas("1.6").is_valid_response(action, json.dumps(answer))
        assert expected.items() <= answer.items()
        newest = command_stack.read(
            f"/ocpp_messages?charge_point_id=eq.{charger.account.charge_point_id}"
            f"&action=eq.{action}&order=id.desc&limit=2"
        )
        assert {row["direction"]: json.loads(row["payload"]) for row in newest} == {
            "in": payload,
            "out": answer,
        }
