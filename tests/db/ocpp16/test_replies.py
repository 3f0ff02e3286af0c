"""Whatever a charger sends, a handler answers what the schema asks, or refuses with a code."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import jsonschema_rs
import psycopg
import pytest

from tests.support.databases import Database

CONNECTION_ID = 1001

# Refusing these would burn the charger's retries and lose the session (decision 5).
NEVER_REFUSED = ("StartTransaction", "StopTransaction", "MeterValues")

NOW = datetime.now(UTC)

ODD: Sequence[Any] = (
    None, "", "x", " \r\n", 0, -1, 1, 2**31, -(2**40), 1e300, 1.5, True, [], {}, [1], {"a": [None]},
    "NaN", "12,5", "1" * 5000, "\u0010\u000e", "ä\U0001f600", "'; drop table core.sessions; --",
    "1970-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-02-30T00:00:00Z", NOW.isoformat(),
)  # fmt: skip

FIELDS: dict[str, Sequence[str]] = {
    "Authorize": ("idTag",),
    "BootNotification": (
        "chargePointVendor", "chargePointModel", "chargeBoxSerialNumber", "iccid", "meterType",
    ),
    "DataTransfer": ("vendorId", "messageId", "data"),
    "DiagnosticsStatusNotification": ("status",),
    "FirmwareStatusNotification": ("status",),
    "Heartbeat": ("anything",),
    "LogStatusNotification": ("status", "requestId"),
    "MeterValues": ("connectorId", "transactionId", "meterValue"),
    "SecurityEventNotification": ("type", "timestamp", "techInfo"),
    "SignedFirmwareStatusNotification": ("status", "requestId"),
    "StartTransaction": ("connectorId", "idTag", "meterStart", "timestamp", "reservationId"),
    "StatusNotification": ("connectorId", "errorCode", "status", "timestamp", "info"),
    "StopTransaction": (
        "transactionId", "idTag", "meterStop", "timestamp", "reason", "transactionData",
    ),
}  # fmt: skip


def valid(field: str) -> Any:
    """A value of a field that a good charger sends."""
    return {
        "connectorId": 1,
        "transactionId": 7007,
        "idTag": "GWTOKEN2",
        "meterStart": 11000,
        "meterStop": 15000,
        "timestamp": (NOW - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reservationId": 5,
        "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}],
        "transactionData": [],
        "requestId": 1,
    }.get(field, "text")


def odd_samples() -> Iterator[Any]:
    """Readings of which one part is odd."""
    for key in ("value", "measurand", "unit", "phase", "location", "context", "format"):
        for value in ODD:
            yield [{"timestamp": NOW.isoformat(), "sampledValue": [{"value": "1", key: value}]}]
    for value in ODD:
        yield [{"timestamp": value, "sampledValue": [{"value": "1"}]}]
        yield [{"timestamp": NOW.isoformat(), "sampledValue": value}]
        yield [{"timestamp": NOW.isoformat(), "sampledValue": [value]}]
        yield [value]


def payloads(action: str) -> Iterator[dict[str, Any]]:
    """Good ones, ones without a field, ones with an odd field, ones with two."""
    fields = FIELDS[action]
    good = {field: valid(field) for field in fields}
    yield good
    yield {}
    for field in fields:
        yield {key: value for key, value in good.items() if key != field}
    for field, value in itertools.product(fields, ODD):
        yield {**good, field: value}
    for one, two in itertools.combinations(fields, 2):
        for first, second in zip(ODD, reversed(ODD), strict=True):
            yield {**good, one: first, two: second}
    if "meterValue" in fields or "transactionData" in fields:
        key = "meterValue" if "meterValue" in fields else "transactionData"
        for samples in odd_samples():
            yield {**good, key: samples}


def answers(database: Database, calls: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Hand messages to the dispatcher as the bridge does, in batches of 40."""
    result: list[tuple[Any, ...]] = []
    with psycopg.connect(database.bridge_url) as connection:
        for start in range(0, len(calls), 40):
            batch = calls[start : start + 40]
            result += connection.execute(
                "select reply, error_code, error_description"
                " from ocpp.handle_calls(%s, %s, %s, %s, %s, %s) order by ordinal",
                (
                    [CONNECTION_ID] * len(batch),
                    [str(number) for number in range(len(batch))],
                    [action for action, _ in batch],
                    [payload for _, payload in batch],
                    [None] * len(batch),
                    [datetime.now(UTC)] * len(batch),
                ),
            ).fetchall()
    return result


@pytest.mark.parametrize("action", FIELDS)
def test_every_answer_is_of_its_schema(module_database: Database, action: str) -> None:
    """Decision 2 and quirk 47: tolerant in, strict out, and no failure of ours."""
    schema = json.loads(
        (resources.files("ocpp.v16") / "schemas" / f"{action}Response.json").read_text("utf-8-sig")
    )
    validator = jsonschema_rs.validator_for(schema)
    calls = [(action, json.dumps(payload)) for payload in payloads(action)]
    codes = set()
    for (_, payload), (reply, code, description) in zip(
        calls, answers(module_database, calls), strict=True
    ):
        codes.add(code)
        if code is None:
            assert not list(validator.iter_errors(json.loads(reply))), (payload, reply)
            assert "null" not in reply
            assert '": ' not in reply
        else:
            assert code != "InternalError", (payload, description)
    assert None in codes
    if action in NEVER_REFUSED:
        assert codes == {None}


def test_nothing_failed(module_database: Database) -> None:
    """None of these messages ended among the failed ones."""
    with psycopg.connect(module_database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        failed = connection.execute(
            "select action, payload, sqlstate, error from ops.failed_messages"
            " where sqlstate <> 'XX000' limit 5"
        ).fetchall()
    assert failed == []
