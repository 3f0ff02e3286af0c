"""Lists as CSV, pages by key beyond the row limit, and exports, over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People

# A month of which the personas have nothing.
MONTH = {"from": "2001-01-01T00:00:00Z", "to": "2001-02-01T00:00:00Z"}
SESSIONS = 57
LISTS = ("transactions", "transaction_lines", "charging_sessions", "meter_values")


@pytest.fixture(scope="module", autouse=True)
def sessions(module_database: Database) -> None:
    """Sessions of both tenants in that month: three at each moment, so that times alone repeat."""
    with psycopg.connect(module_database.superuser_url, autocommit=True) as superuser:
        # Nothing is to be priced here.
        superuser.execute("set session_replication_role = replica")
        superuser.execute(
            "insert into core.sessions (tenant_id, charge_point_id, protocol, transaction_id,"
            " start_key, state, id_token, authorization_status, started_at, start_received_at,"
            " ended_at, stop_received_at, meter_start_wh, meter_stop_wh, energy_wh)"
            " overriding user value"
            " select s.tenant_id, s.charge_point_id, 'ocpp1.6', 'csv' || n, 'csv' || n, 'ended',"
            " 'a;\"b\",' || n, 'Accepted', moment, moment, moment, moment, 0, n + 0.125, n + 0.125"
            " from core.sessions as s, generate_series(0, %s - 1) as n,"
            " lateral (select timestamptz '2001-01-01 00:00+00' + n / 3 * interval '1 hour')"
            " as m (moment)"
            " where s.id in (1001, 2001)",
            [SESSIONS],
        )


def month_of(persona: str, people: People, query: str = "") -> list[dict[str, str]]:
    """Rows of the month as a person gets them, CSV."""
    answer = people[persona].get(
        "/charging_sessions?select=tenant_id,id,started_at,energy_wh,id_token,hold_reason"
        f"&started_at=gte.{MONTH['from']}&started_at=lt.{MONTH['to']}{query}",
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def pages(people: People, size: int) -> Iterator[list[dict[str, str]]]:
    """The month page by page: each begins after the last row of the one before."""
    after = ""
    while True:
        page = month_of("greenway.operator", people, f"&order=started_at,id&limit={size}{after}")
        if not page:
            return
        yield page
        moment, number = page[-1]["started_at"].replace("+", "%2B"), page[-1]["id"]
        after = f"&or=(started_at.gt.{moment},and(started_at.eq.{moment},id.gt.{number}))"


def test_a_list_comes_as_csv_with_the_rows_that_one_may_see(people: People) -> None:
    rows = month_of("greenway.operator", people)
    assert len(rows) == SESSIONS
    assert {row["tenant_id"] for row in rows} == {"101"}
    # Figures as they are stored, quotes and commas as CSV has them, nothing for null.
    (first,) = [row for row in rows if row["id_token"] == 'a;"b",1']
    assert first["energy_wh"] == "1.125"
    assert (first["started_at"], first["hold_reason"]) == ("2001-01-01 00:00:00+00", "")
    assert month_of("greenway.customer", people) == []


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_pages_by_key_are_the_whole_list_once(people: People, size: int) -> None:
    found = [row for page in pages(people, size) for row in page]
    assert found == month_of("greenway.operator", people, "&order=started_at,id")
    assert len({row["id"] for row in found}) == SESSIONS


def test_a_page_by_key_misses_nothing_that_is_added_before_it(
    people: People, module_database: Database
) -> None:
    """Pages by offset would show a row twice, or none."""
    each = pages(people, 20)
    seen = [row["id"] for row in next(each)]
    with psycopg.connect(module_database.superuser_url, autocommit=True) as superuser:
        superuser.execute("set session_replication_role = replica")
        superuser.execute(
            "delete from core.sessions where tenant_id = 101 and id = any(%s::bigint[])",
            [seen[:5]],
        )
        seen += [row["id"] for page in each for row in page]
        assert len(set(seen)) == len(seen) == SESSIONS


def test_an_export_is_asked_for_seen_and_not_ready_yet(people: People) -> None:
    operator = people["greenway.operator"]
    answer = operator.post("/rpc/create_export", json={"list": "charging_sessions", **MONTH})
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()
    shown: list[dict[str, Any]] = (
        people["greenway.viewer"].get(f"/exports?id=eq.{made['id']}").json()
    )
    assert shown == [made]
    assert (made["from_at"], made["state"]) == ("2001-01-01T00:00:00+00:00", "waiting")
    assert (
        people["bluecharge.admin"].get(f"/exports?id=eq.{made['id']}&tenant_id=eq.101").json() == []
    )
    body = {"export": made["id"]}
    early = operator.post("/rpc/create_export_link", json=body)
    assert (early.status_code, key_of(early)) == (409, "export_not_ready")
    other = people["bluecharge.operator"].post("/rpc/create_export_link", json=body)
    assert (other.status_code, key_of(other)) == (404, "export_unknown")
    for persona, status in (("greenway.support", 403), ("greenway.customer", 403)):
        assert people[persona].post("/rpc/create_export_link", json=body).status_code == status
    assert people.anonymous.get("/exports").status_code == 401


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"list": "id_tokens"}, "list"),
        ({"list": None}, "list"),
        ({"format": "xlsx"}, "format"),
        ({"from": "2001-02-01T00:00:00Z"}, "to"),
        ({"to": "2003-01-01T00:00:00Z"}, "to"),
        ({"to": None}, "to"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_its_argument(
    people: People, change: dict[str, Any], path: str
) -> None:
    body = {"list": "meter_values", **MONTH, **change}
    answer = people["greenway.operator"].post("/rpc/create_export", json=body)
    assert (answer.status_code, key_of(answer)) == (400, "export_invalid"), answer.text
    assert f'"path" : "{path}"' in answer.json()["details"]


def test_every_list_can_be_asked_for_and_ten_at_once(people: People) -> None:
    admin = people["bluecharge.admin"]
    body = {"list": "meter_values", **MONTH}
    for name in LISTS:
        answer = admin.post("/rpc/create_export", json={**body, "list": name})
        assert answer.status_code == 200, answer.text
    answers = [admin.post("/rpc/create_export", json=body) for _ in range(7)]
    # One of the personas' waits already.
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert key_of(answers[-1]) == "exports_too_many"
