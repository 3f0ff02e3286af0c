"""Schema checks: flags for what comes in, a gate for what goes out."""

from __future__ import annotations

import pytest

from bridge.exceptions import SettingsError
from bridge.schemas import Schemas


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas("1.6")


def test_a_correct_request_has_no_violations(schemas: Schemas) -> None:
    assert schemas.request_violations("Heartbeat", "{}") == []
    assert schemas.request_violations("Authorize", '{"idTag":"VALID001"}') == []


def test_each_violation_names_its_place(schemas: Schemas) -> None:
    """QUIRKS rows 49 to 53: numbers for strings, too long, unknown values, extra fields."""
    payload = (
        '{"connectorId":"1","extra":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z",'
        '"sampledValue":[{"value":1,"measurand":"SoCState"}]}]}'
    )
    found = {
        (one["path"], one["keyword"]) for one in schemas.request_violations("MeterValues", payload)
    }
    assert found == {
        ("/connectorId", "type"),
        ("/meterValue/0/sampledValue/0/value", "type"),
        ("/meterValue/0/sampledValue/0/measurand", "enum"),
        ("", "additionalProperties"),
    }


def test_violations_are_few_and_short(schemas: Schemas) -> None:
    many = '{"connectorId":1,"meterValue":[' + ",".join(["1"] * 3000) + "]}"
    assert len(schemas.request_violations("MeterValues", many)) == 20
    more = '{"connectorId":1,"meterValue":[' + ",".join(["1"] * 300_000) + "]}"
    assert len(schemas.request_violations("MeterValues", more)) == 1
    long = '{"idTag":"' + "x\\u0000" * 1000 + '"}'
    (violation,) = schemas.request_violations("Authorize", long)
    assert len(violation["message"]) == 200
    assert "\0" not in violation["message"]


def test_numbers_that_no_machine_holds_are_flagged(schemas: Schemas) -> None:
    payload = '{"connectorId":' + "9" * 5000 + ',"meterValue":[]}'
    (violation,) = schemas.request_violations("MeterValues", payload)
    assert violation["keyword"] == "number"


@pytest.mark.parametrize("action", ["Unknown", "../Heartbeat", "", "Heart beat", "é" * 300])
def test_an_unknown_action_has_no_schema(schemas: Schemas, action: str) -> None:
    assert schemas.request_violations(action, '{"a":1}') == []
    assert not schemas.is_valid_response(action, "{}")


def test_what_is_sent_must_be_valid(schemas: Schemas) -> None:
    assert schemas.is_valid_response("Heartbeat", '{"currentTime":"2026-01-01T00:00:00Z"}')
    assert not schemas.is_valid_response("Heartbeat", '{"currentTime":"yesterday"}')
    assert not schemas.is_valid_response("Heartbeat", "{}")
    assert not schemas.is_valid_response("Heartbeat", "{")


def test_a_command_must_be_valid_and_known(schemas: Schemas) -> None:
    assert schemas.outgoing_violations("Reset", '{"type":"Soft"}') == []
    assert schemas.outgoing_violations("Reset", '{"type":"Soft"}') == []
    (violation,) = schemas.outgoing_violations("Reset", '{"type":"Gently"}')
    assert (violation["path"], violation["keyword"]) == ("/type", "enum")
    (violation,) = schemas.outgoing_violations("Unheard", "{}")
    assert violation["keyword"] == "action"


def test_an_answer_to_a_command_is_flagged(schemas: Schemas) -> None:
    assert schemas.response_violations("Reset", '{"status":"Accepted"}') == []
    (violation,) = schemas.response_violations("Reset", '{"status":"Fine"}')
    assert (violation["path"], violation["keyword"]) == ("/status", "enum")
    (violation,) = schemas.response_violations("Reset", '{"status":' + "9" * 5000 + "}")
    assert violation["keyword"] == "number"
    (violation,) = schemas.response_violations("Reset", "[]")
    assert violation["keyword"] == "type"
    assert schemas.response_violations("Unheard", "{}") == []


def test_other_versions_name_their_files_otherwise() -> None:
    assert Schemas("2.0.1").request_violations("Heartbeat", "{}") == []
    assert Schemas("2.0.1").request_violations("Heartbeat", '{"a":1}') != []


@pytest.mark.parametrize("version", ["9.9", "../..", ""])
def test_an_unknown_version_is_refused(version: str) -> None:
    with pytest.raises(SettingsError):
        Schemas(version)
