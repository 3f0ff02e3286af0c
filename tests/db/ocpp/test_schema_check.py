"""The check of payloads in SQL agrees with jsonschema-rs, which checks in the bridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.schemas import request_schemas
from tests.support.databases import Database
from tests.support.payloads import is_storable, values

SCHEMAS = request_schemas("1.6")
VALIDATORS = {
    action: jsonschema_rs.validator_for(schema, validate_formats=True)
    for action, schema in SCHEMAS.items()
}

# What ocpp.list_schema_violations knows, and what says nothing about a value.
KNOWN = {
    "$ref", "additionalProperties", "enum", "format", "items", "maxItems", "maxLength", "maximum",
    "minItems", "minLength", "minimum", "multipleOf", "properties", "required", "type",
}  # fmt: skip
SILENT = {
    "$id", "$schema", "additionalItems", "comment", "default", "definitions", "description", "id",
    "javaType", "title",
}  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, Any]:
    """An action and a payload for it."""
    action = draw(st.sampled_from(sorted(SCHEMAS)))
    return action, draw(values(SCHEMAS[action], SCHEMAS[action]))


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may call what is private."""
    with psycopg.connect(module_database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        yield connection


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests())
def test_the_check_in_sql_agrees_with_the_one_in_the_bridge(
    owner: psycopg.Connection[Any], request: tuple[str, Any]
) -> None:
    """Over all requests of 1.6: the same payloads are right, for the same keywords."""
    action, value = request
    text = json.dumps(value)
    if not is_storable(value):
        return
    row = owner.execute(
        "select m.value::text, ocpp.list_schema_violations(s.schema, m.value)"
        " from ops.message_schemas as s, (select %s::jsonb as value) as m"
        " where s.ocpp_version = '1.6' and s.action = %s",
        [text, action],
    ).fetchone()
    assert row is not None
    stored, violations = row
    # What is sent is what the database makes of it.
    instance = json.loads(stored)
    expected = {
        ("".join(f"/{_escaped(part)}" for part in e.instance_path), str(e.schema_path[-1]))
        for e in VALIDATORS[action].iter_errors(instance)
    }
    found = {(violation["path"], violation["keyword"]) for violation in violations}
    # A value of the wrong type is not looked into any further here.
    wrong_type = {path for path, keyword in found if keyword == "type"}
    expected = {e for e in expected if e[0] not in wrong_type or e[1] == "type"}
    assert found == expected, (action, stored)


def _escaped(part: object) -> str:
    """A part of a JSON pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_every_keyword_of_the_schemas_is_known(version: str) -> None:
    """A keyword that the check passes over would let through what the bridge refuses."""
    unknown = {
        f"{action}: {keyword}"
        for action, schema in request_schemas(version).items()
        for keyword in _keywords(schema)
        if keyword not in KNOWN | SILENT
    }
    assert not unknown


def _keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for keyword, part in schema.items():
            yield keyword
            if keyword in {"properties", "definitions"}:
                for each in part.values():
                    yield from _keywords(each)
            elif keyword in {"items", "additionalProperties"}:
                yield from _keywords(part)
