"""The message log over HTTP: search by name, bounded, and the connection log beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.people import People

HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def test_a_search_is_a_get_with_plain_names_and_takes_filters(people: People) -> None:
    answer = people["greenway.operator"].get(
        "/rpc/search_ocpp_messages",
        params={
            "since": HOUR_AGO,
            "charge_point_id": 1001,
            "action": "Heartbeat",
            "text": "{",
            "max_rows": 10,
            "select": "charge_point_identity,direction,message_type",
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == [
        {"charge_point_identity": "GW-CP-1", "direction": "in", "message_type": "CALL"}
    ]


@pytest.mark.parametrize(
    ("params", "status", "key"),
    [
        ({}, 404, None),
        ({"since": HOUR_AGO, "charge_point_id": 2001}, 404, "charge_point_unknown"),
        ({"since": "2020-01-01"}, 400, "time_range_invalid"),
        ({"since": "yesterdayish"}, 400, None),
        ({"since": HOUR_AGO, "max_rows": 100000}, 400, "row_limit_invalid"),
        ({"since": HOUR_AGO, "charge_point_id": "99999999999999999999"}, 400, None),
    ],
)
def test_a_bad_search_gets_a_sentence(
    people: People, params: dict[str, str | int], status: int, key: str | None
) -> None:
    answer = people["greenway.operator"].get("/rpc/search_ocpp_messages", params=params)
    assert answer.status_code == status, answer.text
    if key is not None:
        assert f'"{key}"' in answer.json()["details"]


def test_drivers_and_strangers_do_not_search(people: People) -> None:
    params = {"since": HOUR_AGO}
    path = "/rpc/search_ocpp_messages"
    assert people["greenway.customer"].get(path, params=params).status_code == 403
    assert people["greenway.viewer"].get(path, params=params).status_code == 403
    assert people.anonymous.get(path, params=params).status_code == 401


def test_connections_embed_their_charge_point(people: People) -> None:
    answer = people["greenway.operator"].get(
        "/connection_log?select=outcome,charge_points(identity)&outcome=eq.accepted"
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == [{"outcome": "accepted", "charge_points": {"identity": "GW-CP-1"}}]


def test_anybody_may_ask_for_health(people: People) -> None:
    answer = people.anonymous.get("/rpc/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
