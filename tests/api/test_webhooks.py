"""Webhooks, the outbox and schedules over HTTP: made, changed, looked at, decided on."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People

HOOK = {"name": "CRM", "url": "https://crm.depot.example.com/in", "event_types": ["session.ended"]}


def test_the_life_of_a_webhook(people: People) -> None:
    """Made with a secret that no list shows; changed, given another secret, deleted."""
    admin = people["greenway.admin"]
    made = admin.post("/rpc/create_webhook", json=HOOK)
    assert made.status_code == 200, made.text
    webhook = made.json()
    assert webhook["secret"].startswith("whsec_")
    row = {"id": f"eq.{webhook['id']}"}
    listed = admin.get("/webhooks", params=row)
    assert [(w["url"], w["is_enabled"]) for w in listed.json()] == [(HOOK["url"], True)]
    assert "whsec_" not in listed.text
    changed = admin.patch(
        "/webhooks", params=row, json={"event_types": None, "url": "https://crm.example.org/"}
    )
    assert changed.status_code == 204, changed.text
    rotated = admin.post("/rpc/rotate_webhook_secret", json={"id": webhook["id"]}).json()
    assert rotated["secret"] not in ("", webhook["secret"])
    assert admin.delete("/webhooks", params=row).status_code == 204
    assert admin.get("/webhooks", params=row).json() == []


@pytest.mark.parametrize(
    ("body", "status", "key"),
    [
        ({**HOOK, "url": "http://crm.depot.example.com/"}, 400, "webhook_url_invalid"),
        ({**HOOK, "url": "https://169.254.169.254.local/"}, 400, "webhook_url_invalid"),
        ({**HOOK, "event_types": ["session.gone"]}, 400, "event_type_unknown"),
        ({**HOOK, "name": " "}, 400, "name_invalid"),
        ({"name": "CRM", "url": None}, 400, "webhook_url_invalid"),
    ],
)
def test_what_makes_no_webhook(
    people: People, body: dict[str, object], status: int, key: str
) -> None:
    answer = people["greenway.admin"].post("/rpc/create_webhook", json=body)
    assert (answer.status_code, key_of(answer)) == (status, key)


def test_a_taken_name_is_a_conflict(people: People) -> None:
    answer = people["greenway.admin"].post("/rpc/create_webhook", json={**HOOK, "name": "ERP"})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")


def test_others_make_none(people: People) -> None:
    for who in ("greenway.operator", "greenway.customer"):
        assert people[who].post("/rpc/create_webhook", json=HOOK).status_code == 403
    assert people.anonymous.post("/rpc/create_webhook", json=HOOK).status_code == 401
    listed = people["bluecharge.admin"].get("/webhooks?select=tenant_id,id").json()
    assert listed == [{"tenant_id": 102, "id": 2001}]


def test_a_list_of_event_types(people: People) -> None:
    types = people["greenway.customer"].get("/event_types?type=like.session.*&order=type").json()
    assert [row["type"] for row in types] == ["session.ended", "session.started"]


def test_an_operator_decides_on_what_was_given_up(
    people: People, module_database: Database
) -> None:
    with psycopg.connect(module_database.superuser_url, autocommit=True) as superuser:
        row = superuser.execute(
            "insert into ops.outbox (tenant_id, kind, idempotency_key, payload, state, dead_at,"
            " next_attempt_at, attempts, calls, last_error) values (101, 'parcel', 'dead parcel',"
            " '{\"token\": \"secret\"}', 'dead', now(), null, 12, 12, 'nobody there') returning id"
        ).fetchone()
    assert row is not None
    operator = people["greenway.operator"]
    listed = operator.get("/outbox", params={"state": "eq.dead"})
    assert [(o["id"], o["last_error"]) for o in listed.json()] == [(row[0], "nobody there")]
    assert "secret" not in listed.text
    other = people["bluecharge.admin"].post("/rpc/retry_outbox", json={"id": row[0]})
    assert (other.status_code, key_of(other)) == (404, "outbox_unknown")
    retried = operator.post("/rpc/retry_outbox", json={"id": row[0]})
    assert [(o["state"], o["attempts"], o["calls"]) for o in retried.json()] == [("waiting", 0, 12)]
    given_up = operator.post("/rpc/discard_outbox", json={"id": row[0], "reason": "sent by hand"})
    assert [(o["state"], o["last_error"]) for o in given_up.json()] == [("dead", "sent by hand")]


def test_the_platform_switches_a_job_off_and_on(people: People) -> None:
    platform = people["greenway.platform_admin"]
    job = {"job": "eq.detect_offline"}
    for state in (False, True):
        answer = platform.patch("/job_schedules", params=job, json={"is_enabled": state})
        assert answer.status_code == 204, answer.text
        assert platform.get("/job_schedules", params=job).json()[0]["is_enabled"] is state
    refused = people["greenway.admin"].patch("/job_schedules", params=job, json={})
    assert refused.status_code == 403
