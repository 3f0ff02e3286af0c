"""An unknown charger from its first knock to its first accepted connection."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.people import People


@pytest.fixture(scope="module")
def bridge(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A bridge's connection."""
    with psycopg.connect(module_database.bridge_url, autocommit=True) as connection:
        yield connection


def knock(
    bridge: psycopg.Connection[tuple[Any, ...]], path: list[str], key: str | None
) -> dict[str, Any]:
    """A charger's handshake, as the bridge reports it."""
    bridge_id = uuid.uuid4()
    bridge.execute("select ocpp.start_bridge(%s, 'test')", [bridge_id])
    row = bridge.execute(
        "select ocpp.open_connection(%s, %s, %s, %s, array['ocpp1.6'], '192.0.2.7', null, null,"
        " 'x')",
        [bridge_id, path, path[-1], key.encode() if key is not None else None],
    ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def test_charger_that_names_a_tenant_is_admitted_by_its_operator_and_connects(
    people: People, bridge: psycopg.Connection[tuple[Any, ...]]
) -> None:
    operator = people["greenway.operator"]
    for _ in range(3):
        assert knock(bridge, ["greenway", "NEW-7"], "factory-key-123456")["status"] == 401
    (entry,) = operator.get("/unknown_charge_points?identity=eq.NEW-7").json()
    assert (entry["attempts"], entry["state"], entry["has_sent_key"]) == (3, "waiting", True)
    assert entry["remote_address"] == "192.0.2.7"
    assert (
        people["bluecharge.operator"].get("/unknown_charge_points?identity=eq.NEW-7").json() == []
    )

    answer = operator.post(
        "/rpc/admit_charge_point",
        json={"unknown_charge_point_id": entry["id"], "site_id": 1001, "name": "Seven"},
    )
    assert answer.status_code == 200, answer.text
    admitted = answer.json()
    assert admitted.keys() == {"charge_point_id", "identity", "key"}
    assert operator.get("/unknown_charge_points?identity=eq.NEW-7").json() == []

    assert knock(bridge, ["NEW-7"], "factory-key-123456")["status"] == 401
    opened = knock(bridge, ["new-7"], admitted["key"])
    assert (opened["status"], opened["identity"]) == (101, "NEW-7")
    (charge_point,) = operator.get(f"/charge_points?id=eq.{admitted['charge_point_id']}").json()
    assert (charge_point["name"], charge_point["is_online"]) == ("Seven", True)


def test_new_key_replaces_the_old_one_once_it_has_connected(
    people: People, bridge: psycopg.Connection[tuple[Any, ...]]
) -> None:
    operator = people["bluecharge.operator"]
    keys = [
        operator.post("/rpc/create_charge_point_key", json={"charge_point_id": 2002}).json()["key"]
        for _ in range(2)
    ]
    assert knock(bridge, ["BC-CP-2"], keys[0])["status"] == 101
    assert knock(bridge, ["BC-CP-2"], keys[1])["status"] == 101
    assert knock(bridge, ["BC-CP-2"], keys[0])["status"] == 401
    rows = operator.get("/charge_point_keys?charge_point_id=eq.2002&order=id").json()
    assert [row["retired_at"] is None for row in rows] == [False, True]


def test_charger_without_a_tenant_is_the_platforms(
    people: People, bridge: psycopg.Connection[tuple[Any, ...]]
) -> None:
    assert knock(bridge, ["NEW-8"], None)["status"] == 401
    path = "/unknown_charge_points?identity=eq.NEW-8"
    assert people["greenway.admin"].get(path).json() == []
    platform = people["greenway.platform_admin"]
    (entry,) = platform.get(path).json()
    body = {"unknown_charge_point_id": entry["id"]}
    answer = people["greenway.admin"].post("/rpc/admit_charge_point", json=body)
    assert answer.status_code == 404
    answer = platform.post("/rpc/admit_charge_point", json=body)
    assert answer.json()["details"] == '{"error":"tenant_required"}'
    answer = platform.post("/rpc/admit_charge_point", json={**body, "tenant_id": 102})
    assert answer.status_code == 200
    (row,) = people["bluecharge.support"].get("/charge_points?identity=eq.NEW-8").json()
    assert row["tenant_id"] == 102


def test_ignored_charger_keeps_counting_outside_the_waiting_list(
    people: People, bridge: psycopg.Connection[tuple[Any, ...]]
) -> None:
    operator = people["greenway.operator"]
    knock(bridge, ["greenway", "NOISE-1"], None)
    (entry,) = operator.get("/unknown_charge_points?identity=eq.NOISE-1").json()
    answer = operator.post(
        "/rpc/ignore_charge_point", json={"unknown_charge_point_id": entry["id"]}
    )
    assert answer.json() == {"unknown_charge_point_id": entry["id"], "state": "ignored"}
    knock(bridge, ["greenway", "NOISE-1"], None)
    (entry,) = operator.get("/unknown_charge_points?identity=eq.NOISE-1").json()
    assert (entry["state"], entry["attempts"]) == ("ignored", 2)
    waiting = operator.get("/unknown_charge_points?state=eq.waiting").json()
    assert "NOISE-1" not in {row["identity"] for row in waiting}


def test_unknown_token_is_admitted_for_a_driver_who_then_sees_it(people: People) -> None:
    operator = people["greenway.operator"]
    driver = operator.get("/id_tokens?id=eq.1001&select=user_id").json()[0]["user_id"]
    (entry,) = operator.get("/unknown_id_tokens").json()
    answer = operator.post(
        "/rpc/admit_id_token",
        json={
            "unknown_id_token_id": entry["id"],
            "user_id": driver,
            "label": "Second card",
            "contract_id": "DEGRWC00000009",
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["id_token"] == entry["id_token"]
    labels = {row["label"] for row in people["greenway.customer"].get("/id_tokens").json()}
    assert "Second card" in labels
    assert operator.get("/unknown_id_tokens").json() == []
