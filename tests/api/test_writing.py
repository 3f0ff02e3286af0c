"""Writing with PostgREST's own verbs: what an operator keeps, and who may not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.people import People

RETURN = {"Prefer": "return=representation"}


def created(answer: httpx.Response) -> dict[str, Any]:
    """The one row that a POST made."""
    assert answer.status_code == 201, answer.text
    (row,) = answer.json()
    assert isinstance(row, dict)
    return row


def test_operator_builds_a_site_with_a_charge_point_and_takes_it_down(people: People) -> None:
    operator = people["greenway.operator"]
    site = created(
        operator.post(
            "/sites",
            json={
                "name": "Bremen",
                "address": "Am Markt 1",
                "city": "Bremen",
                "country_code": "DE",
                "latitude": 53.0758,
                "longitude": 8.8072,
                "time_zone": "Europe/Berlin",
            },
            headers=RETURN,
        )
    )
    assert site["tenant_id"] == 101
    charge_point = created(
        operator.post(
            "/charge_points",
            json={"identity": "HB-1", "name": "Bremen 1", "site_id": site["id"]},
            headers=RETURN,
        )
    )
    assert charge_point["registration_status"] == "Accepted"
    assert charge_point["is_online"] is False
    assert charge_point["connectors_status"] == []
    evse = created(
        operator.post(
            "/evses",
            json={
                "charge_point_id": charge_point["id"],
                "evse_no": 1,
                "evse_id": "degrwehb1",
            },
            headers=RETURN,
        )
    )
    assert evse["evse_id"] == "DE*GRW*EHB1"
    connector = created(
        operator.post(
            "/connectors",
            json={
                "charge_point_id": charge_point["id"],
                "evse_id": evse["id"],
                "connector_no": 1,
                "ocpp16_connector_id": 1,
                "connector_type": "IEC_62196_T2",
                "power_type": "AC_3_PHASE",
                "max_power_w": 22000,
            },
            headers=RETURN,
        )
    )
    assert connector["status"] == "Unknown"

    answer = operator.patch(
        f"/charge_points?id=eq.{charge_point['id']}",
        json={"name": "Bremen one", "is_enabled": False},
        headers=RETURN,
    )
    assert answer.status_code == 200
    (changed,) = answer.json()
    assert (changed["name"], changed["is_enabled"]) == ("Bremen one", False)
    assert changed["updated_at"] > changed["created_at"]

    answer = operator.delete(f"/sites?id=eq.{site['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "23503")
    assert operator.delete(f"/charge_points?id=eq.{charge_point['id']}").status_code == 204
    assert operator.get(f"/connectors?id=eq.{connector['id']}").json() == []
    assert operator.delete(f"/sites?id=eq.{site['id']}").status_code == 204


def test_charge_point_with_sessions_is_switched_off_and_not_deleted(people: People) -> None:
    operator = people["bluecharge.operator"]
    answer = operator.delete("/charge_points?id=eq.2001")
    assert (answer.status_code, answer.json()["code"]) == (409, "23503")
    answer = operator.patch("/charge_points?id=eq.2001", json={"is_enabled": False})
    assert answer.status_code == 204
    (row,) = operator.get("/charge_points?id=eq.2001").json()
    assert row["is_enabled"] is False


def test_operator_registers_blocks_and_deletes_a_token(people: People) -> None:
    operator = people["greenway.operator"]
    token = created(
        operator.post(
            "/id_tokens",
            json={"id_token": "Card-1", "contract_id": "de-grw-c00000007"},
            headers=RETURN,
        )
    )
    assert token["contract_id"].startswith("DE-GRW-C00000007-")
    right = created(
        operator.post(
            "/id_token_rights",
            json={"id_token_id": token["id"], "charge_point_group_id": 1001},
            headers=RETURN,
        )
    )
    path = f"/id_tokens?id=eq.{token['id']}"
    answer = operator.patch(path, json={"is_blocked": True, "block_reason": "Lost"})
    assert answer.status_code == 204
    assert operator.get(path).json()[0]["is_blocked"] is True
    assert operator.delete(path).status_code == 204
    assert operator.get(f"/id_token_rights?id=eq.{right['id']}").json() == []


def test_group_is_filled_and_emptied(people: People) -> None:
    operator = people["greenway.operator"]
    group = created(operator.post("/charge_point_groups", json={"name": "Slow"}, headers=RETURN))
    member = {"charge_point_group_id": group["id"], "charge_point_id": 1002}
    assert operator.post("/charge_point_group_members", json=member).status_code == 201
    answer = operator.post("/charge_point_group_members", json=member)
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    (row,) = operator.get(
        f"/charge_point_groups?id=eq.{group['id']}&select=charge_points(id)"
    ).json()
    assert row["charge_points"] == [{"id": 1002}]
    path = f"/charge_point_group_members?charge_point_group_id=eq.{group['id']}"
    assert operator.delete(path).status_code == 204
    assert operator.delete(f"/charge_point_groups?id=eq.{group['id']}").status_code == 204


def test_identity_is_unique_across_tenants(people: People) -> None:
    answer = people["greenway.operator"].post("/charge_points", json={"identity": "bc-cp-1"})
    assert answer.status_code == 409
    assert answer.json()["details"] == '{"error":"charge_point_identity_taken"}'


@pytest.mark.parametrize("persona", ["greenway.support", "greenway.viewer"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sites", {"name": "X", "country_code": "DE", "time_zone": "UTC"}),
        ("PATCH", "/sites?id=eq.1001", {"name": "X"}),
        ("DELETE", "/sites?id=eq.1001", None),
        ("POST", "/charge_points", {"identity": "X"}),
        ("PATCH", "/charge_points?id=eq.1001", {"name": "X"}),
        ("DELETE", "/charge_points?id=eq.1002", None),
        ("PATCH", "/evses?id=eq.1001", {"physical_reference": "X"}),
        ("PATCH", "/connectors?id=eq.1001", {"max_power_w": 1}),
        ("POST", "/id_tokens", {"id_token": "X"}),
        ("PATCH", "/id_tokens?id=eq.1001", {"is_blocked": True}),
        ("DELETE", "/id_tokens?id=eq.1003", None),
        ("POST", "/rpc/admit_charge_point", {"unknown_charge_point_id": 1001}),
        ("POST", "/rpc/ignore_charge_point", {"unknown_charge_point_id": 1001}),
        ("POST", "/rpc/create_charge_point_key", {"charge_point_id": 1001}),
        ("POST", "/rpc/admit_id_token", {"unknown_id_token_id": 1001}),
        ("POST", "/rpc/ignore_id_token", {"unknown_id_token_id": 1001}),
    ],
)
def test_staff_without_the_permission_are_told_so(
    people: People, persona: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = people[persona].request(method, path, json=body)
    assert answer.status_code == 403
    assert answer.json()["details"] == '{"error":"permission_missing"}'


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sites", {"name": "X", "country_code": "DE", "time_zone": "UTC"}),
        ("PATCH", "/id_tokens?id=eq.1001", {"max_concurrent_transactions": 0}),
        ("DELETE", "/id_tokens?id=eq.1001", None),
        ("PATCH", "/charge_points?id=eq.1001", {"name": "X"}),
        ("POST", "/rpc/admit_charge_point", {"unknown_charge_point_id": 1001}),
        ("POST", "/rpc/create_charge_point_key", {"charge_point_id": 1001}),
    ],
)
def test_driver_writes_nothing(
    people: People, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = people["greenway.customer"].request(method, path, json=body)
    assert answer.status_code == 403
    assert answer.json()["code"] == "42501"


def test_another_tenants_rows_are_not_there_to_be_written(people: People) -> None:
    operator = people["greenway.operator"]
    for path, body in (
        ("/sites?id=eq.2001", {"name": "X"}),
        ("/charge_points?id=eq.2002", {"name": "X"}),
        ("/id_tokens?id=eq.2001", {"is_blocked": True}),
    ):
        answer = operator.patch(path, json=body, headers=RETURN)
        assert (answer.status_code, answer.json()) == (200, [])
        assert operator.delete(path, headers=RETURN).json() == []
    assert (
        people["bluecharge.operator"].get("/id_tokens?id=eq.2001").json()[0]["is_blocked"] is False
    )


def test_platform_writes_in_any_tenant(people: People) -> None:
    platform = people["greenway.platform_admin"]
    site = created(
        platform.post(
            "/sites",
            json={"tenant_id": 102, "name": "Utrecht", "country_code": "NL", "time_zone": "UTC"},
            headers=RETURN,
        )
    )
    assert site["tenant_id"] == 102
    assert platform.delete(f"/sites?id=eq.{site['id']}").status_code == 204


def test_one_request_changes_at_most_a_hundred_rows(people: People) -> None:
    admin = people["greenway.admin"]
    answer = admin.post("/id_token_groups", json=[
        {"group_token": f"BULK{number}", "name": "Bulk"} for number in range(101)
    ])  # fmt: skip
    assert answer.status_code == 201
    for answer in (
        admin.patch("/id_token_groups?name=eq.Bulk", json={"name": "Changed"}),
        admin.delete("/id_token_groups?name=eq.Bulk"),
    ):
        assert answer.status_code == 400
        assert answer.json()["details"] == '{"error":"too_many_rows"}'
    # Without a filter a foreign key may speak first: nothing goes either way.
    assert admin.delete("/id_token_groups").status_code in {400, 409}
    assert len(admin.get("/id_token_groups?name=eq.Bulk").json()) == 101
    assert admin.delete("/id_token_groups?group_token=eq.BULK0").status_code == 204
    assert admin.delete("/id_token_groups?name=eq.Bulk").status_code == 204
    assert admin.get("/id_token_groups?name=eq.Bulk").json() == []


def test_what_goes_along_does_not_count_against_the_hundred(people: People) -> None:
    admin = people["greenway.admin"]
    charge_points = admin.post(
        "/charge_points", json=[{"identity": f"BULK{n}"} for n in range(101)], headers=RETURN
    ).json()
    group = created(admin.post("/charge_point_groups", json={"name": "Bulk"}, headers=RETURN))
    answer = admin.post("/charge_point_group_members", json=[
        {"charge_point_group_id": group["id"], "charge_point_id": row["id"]}
        for row in charge_points
    ])  # fmt: skip
    assert answer.status_code == 201
    assert admin.delete("/charge_points?identity=like.BULK*").status_code == 400
    assert admin.delete(f"/charge_point_groups?id=eq.{group['id']}").status_code == 204
    for pattern in ("BULK?", "BULK??", "BULK???"):
        path = f"/charge_points?identity=match.^{pattern.replace('?', '.')}$"
        assert admin.delete(path).status_code == 204
