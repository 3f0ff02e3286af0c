"""What each role reads: every relation, all columns, own rows only; embedding, CSV, paging."""

from __future__ import annotations

import csv
import io
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.people import People

GREENWAY, BLUECHARGE = 101, 102

# What the issue names, and what came with it.
FOR_STAFF = {
    "api_keys", "audit_log", "authorizations", "charge_point_group_members",
    "charge_point_groups", "charge_point_keys", "charge_points", "charging_sessions",
    "connection_log", "connectors", "evses", "id_token_groups", "id_token_rights", "id_tokens",
    "meter_values", "ocpp_messages", "roles", "session_events", "sites",
    "unknown_charge_points", "unknown_id_tokens", "users",
}  # fmt: skip
INBOXES = {"unknown_charge_points", "unknown_id_tokens"}


@pytest.fixture(scope="module")
def relations(module_database: Database) -> dict[str, list[str]]:
    """Every relation of schema api with its columns, from the catalogue."""
    with psycopg.connect(module_database.owner_url) as connection:
        rows = connection.execute(
            "select c.relname, array_agg(a.attname::text) from pg_class as c"
            " join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0"
            " where c.relnamespace = 'api'::regnamespace and c.relkind in ('v', 'm', 'r')"
            " group by c.relname"
        ).fetchall()
    return dict(rows)


def rows_of(people: People, persona: str, path: str) -> list[dict[str, Any]]:
    """The rows that a person gets."""
    answer = people[persona].get(path)
    assert answer.status_code == 200, f"{persona}: {path}: {answer.text}"
    rows: list[dict[str, Any]] = answer.json()
    return rows


def test_every_relation_of_the_list_is_there(relations: dict[str, list[str]]) -> None:
    assert relations.keys() >= FOR_STAFF


def test_staff_read_every_relation_of_their_tenant_and_nothing_else(
    people: People, relations: dict[str, list[str]]
) -> None:
    for relation in sorted(FOR_STAFF):
        rows = rows_of(people, "greenway.admin", f"/{relation}")
        assert "tenant_id" in relations[relation], relation
        assert {row["tenant_id"] for row in rows} <= {GREENWAY}, relation
        if relation not in INBOXES:
            theirs = rows_of(people, "bluecharge.admin", f"/{relation}")
            assert {row["tenant_id"] for row in theirs} <= {BLUECHARGE}, relation


def test_platform_reads_every_tenant(people: People) -> None:
    for relation in sorted(FOR_STAFF - {"audit_log"}):
        rows = rows_of(people, "greenway.platform_admin", f"/{relation}")
        assert {row["tenant_id"] for row in rows} >= {GREENWAY, BLUECHARGE}, relation
    strays = rows_of(people, "greenway.platform_admin", "/unknown_charge_points?tenant_id=is.null")
    assert [row["identity"] for row in strays] == ["STRAY-1"]


@pytest.mark.parametrize(
    ("relation", "persona", "expected"),
    [
        ("id_tokens", "greenway.customer", [1001]),
        ("id_tokens", "greenway.driver2", [1002]),
        ("id_tokens", "bluecharge.customer", [2001]),
        ("charging_sessions", "greenway.customer", [1001]),
        ("charging_sessions", "greenway.driver2", [1002]),
        ("sites", "greenway.customer", []),
        ("charge_points", "greenway.customer", []),
        ("evses", "greenway.customer", []),
        ("connectors", "greenway.customer", []),
        ("id_token_groups", "greenway.customer", []),
    ],
)
def test_driver_reads_own_rows_with_all_columns(
    people: People, relation: str, persona: str, expected: list[int]
) -> None:
    rows = rows_of(people, persona, f"/{relation}?select=*&order=id")
    assert [row["id"] for row in rows] == expected


def test_driver_reads_meter_values_of_own_sessions_only(people: People) -> None:
    rows = rows_of(people, "greenway.customer", "/meter_values")
    assert {row["session_id"] for row in rows} == {1001}


@pytest.mark.parametrize(
    "relation",
    ["unknown_charge_points", "unknown_id_tokens", "charge_point_keys", "authorizations",
     "ocpp_messages", "connection_log", "audit_log", "id_token_rights"],
)  # fmt: skip
def test_driver_is_refused_what_is_for_operators(people: People, relation: str) -> None:
    answer = people["greenway.customer"].get(f"/{relation}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "42501"


def test_nobody_reads_anything_without_a_token(
    people: People, relations: dict[str, list[str]]
) -> None:
    for relation in sorted(relations):
        answer = people.anonymous.get(f"/{relation}")
        assert answer.status_code == 401, relation
        assert answer.json()["code"] == "42501", relation


def test_relations_embed_along_their_keys(people: People) -> None:
    (charge_point,) = rows_of(
        people,
        "greenway.operator",
        "/charge_points?id=eq.1001"
        "&select=*,sites(name),evses(evse_id,connectors(connector_type)),charge_point_groups(name)",
    )
    assert charge_point["sites"] == {"name": "Depot"}
    assert charge_point["evses"] == [
        {"evse_id": "DE*GRW*E1001*1", "connectors": [{"connector_type": "IEC_62196_T2"}]}
    ]
    assert charge_point["charge_point_groups"] == [{"name": "Fast"}]
    (token,) = rows_of(
        people,
        "greenway.operator",
        "/id_tokens?id=eq.1001&select=*,id_token_groups(group_token),id_token_rights(site_id)",
    )
    assert token["id_token_groups"] == {"group_token": "GWGROUP1"}
    assert token["id_token_rights"] == [{"site_id": 1001}]


@pytest.mark.parametrize(
    "path",
    [
        "/meter_values?select=charge_points(identity)&charge_point_id=eq.1001",
        "/ocpp_messages?select=charge_points(identity)&charge_point_id=eq.1001",
        "/authorizations?select=charge_points(identity)&charge_point_id=eq.1001",
        "/connector_status_changes?select=charge_points(identity)&charge_point_id=eq.1001",
    ],
)
def test_what_happened_embeds_its_charge_point(people: People, path: str) -> None:
    rows = rows_of(people, "greenway.operator", path)
    assert rows
    assert all(row == {"charge_points": {"identity": "GW-CP-1"}} for row in rows)


def test_readings_embed_their_session_and_changes_who_made_them(people: People) -> None:
    rows = rows_of(
        people,
        "greenway.customer",
        "/meter_values?session_id=eq.1001&select=charging_sessions(id),charge_points(identity)",
    )
    assert rows
    assert all(row == {"charging_sessions": {"id": 1001}, "charge_points": None} for row in rows)
    rows = rows_of(people, "greenway.admin", "/audit_log?select=user_id,users(id,email)")
    assert rows
    assert all(row["users"] is None or row["users"]["id"] == row["user_id"] for row in rows)


def test_session_embeds_its_charge_point_for_staff_and_hides_it_from_drivers(
    people: People,
) -> None:
    path = "/charging_sessions?id=eq.1001&select=*,charge_points(*)"
    (session,) = rows_of(people, "greenway.operator", path)
    assert session["charge_points"]["identity"] == "GW-CP-1"
    (session,) = rows_of(people, "greenway.customer", path)
    assert session["charge_points"] is None


def test_charge_point_says_whether_it_is_there_and_how_its_connectors_are(
    people: People,
) -> None:
    first, second = rows_of(people, "greenway.operator", "/charge_points?order=id")
    assert first["is_online"] is True
    assert first["last_seen_at"] is not None
    assert first["connected_since"] is not None
    (connector,) = first["connectors_status"]
    assert connector.keys() == {
        "connector_id", "evse_no", "connector_no", "status", "error_code", "error_info", "since",
    }  # fmt: skip
    assert second["is_online"] is False
    assert second["last_seen_at"] is None


def test_rows_come_as_csv_when_asked(people: People) -> None:
    answer = people["greenway.operator"].get(
        "/sites?select=id,name,city", headers={"Accept": "text/csv"}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert list(csv.DictReader(io.StringIO(answer.text))) == [
        {"id": "1001", "name": "Depot", "city": "Hamburg"}
    ]


def test_rows_are_counted_and_paged(people: People) -> None:
    answer = people["greenway.operator"].get(
        "/id_tokens?order=id&limit=1&offset=1", headers={"Prefer": "count=exact"}
    )
    assert answer.status_code == 206
    assert answer.headers["content-range"] == "1-1/3"
    assert [row["id"] for row in answer.json()] == [1002]


def test_another_tenants_row_is_not_found_by_id(people: People) -> None:
    for relation in ("sites", "charge_points", "id_tokens", "charging_sessions"):
        assert rows_of(people, "greenway.operator", f"/{relation}?id=eq.2001") == []
