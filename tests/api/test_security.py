"""Alarms, keys and certificates of chargers through the API: own tenant and the other one."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People
from tests.support.requests import make_certificate, make_name


@pytest.fixture(scope="module")
def certificate() -> str:
    """A certificate of a maker, PEM."""
    return make_certificate(ec.generate_private_key(ec.SECP256R1()), make_name("SN-1", "Greenway"))


def test_an_alarm_is_acknowledged_and_cleared_by_its_own_tenant(
    people: People, module_database: Database
) -> None:
    with psycopg.connect(module_database.owner_url) as owner:
        owner.execute("set role voltaro_owner")
        owner.execute(
            "select fleet.raise_alarm(101, 1001, 'api_test', 'warning', 'Something.', null)"
        )
    operator, stranger = people["greenway.operator"], people["bluecharge.operator"]
    (alarm,) = operator.get("/alarms?kind=eq.api_test").json()
    assert (alarm["charge_point_id"], alarm["occurrences"]) == (1001, 1)
    assert stranger.get("/alarms?kind=eq.api_test").json() == []
    for function in ("acknowledge_alarm", "clear_alarm"):
        answer = stranger.post(f"/rpc/{function}", json={"alarm_id": alarm["id"]})
        assert (answer.status_code, key_of(answer)) == (404, "alarm_unknown")
        answer = people["greenway.support"].post(f"/rpc/{function}", json={"alarm_id": alarm["id"]})
        assert (answer.status_code, key_of(answer)) == (403, "permission_missing")
    (seen,) = operator.post("/rpc/acknowledge_alarm", json={"alarm_id": alarm["id"]}).json()
    assert seen["acknowledged_at"] is not None
    assert seen["cleared_at"] is None
    (over,) = operator.post("/rpc/clear_alarm", json={"alarm_id": alarm["id"]}).json()
    assert over["cleared_at"] is not None
    assert operator.patch("/alarms?kind=eq.api_test", json={"severity": "info"}).status_code == 403


def test_a_key_is_rotated_without_being_shown(people: People) -> None:
    admin = people["greenway.admin"]
    answer = admin.post("/rpc/rotate_charge_point_key", json={"charge_point": "GW-CP-1"})
    assert answer.status_code == 200, answer.text
    (command,) = answer.json()
    assert command["payload"] == {"key": "AuthorizationKey", "value": "***"}
    assert command["state"] == "queued"
    (key,) = admin.get(f"/charge_point_keys?command_id=eq.{command['id']}").json()
    assert (key["charge_point_id"], key["retired_at"]) == (1001, None)
    answer = admin.post("/rpc/cancel_command", json={"command_id": command["id"]})
    assert answer.status_code == 200, answer.text
    (key,) = admin.get(f"/charge_point_keys?command_id=eq.{command['id']}").json()
    assert key["retired_at"] is not None


@pytest.mark.parametrize(
    ("persona", "status", "key"),
    [
        ("bluecharge.admin", 404, "charge_point_unknown"),
        ("greenway.operator", 403, "permission_missing"),
    ],
)
def test_who_may_not_rotate_is_told_so(people: People, persona: str, status: int, key: str) -> None:
    answer = people[persona].post("/rpc/rotate_charge_point_key", json={"charge_point": "GW-CP-1"})
    assert (answer.status_code, key_of(answer)) == (status, key)


def test_a_certificate_is_registered_and_revoked(people: People, certificate: str) -> None:
    admin, stranger = people["greenway.admin"], people["bluecharge.admin"]
    request = {"charge_point": "GW-CP-2", "certificate": certificate}
    answer = stranger.post("/rpc/register_charge_point_certificate", json=request)
    assert (answer.status_code, key_of(answer)) == (404, "charge_point_unknown")
    answer = admin.post("/rpc/register_charge_point_certificate", json=request)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()
    assert (row["charge_point_id"], row["subject_common_name"]) == (1002, "SN-1")
    path = f"/charge_point_certificates?id=eq.{row['id']}"
    assert stranger.get(path).json() == []
    answer = stranger.post(
        "/rpc/register_charge_point_certificate", json=request | {"charge_point": "BC-CP-1"}
    )
    assert (answer.status_code, key_of(answer)) == (409, "certificate_of_another")
    answer = stranger.post(
        "/rpc/revoke_charge_point_certificate", json={"certificate_id": row["id"]}
    )
    assert (answer.status_code, key_of(answer)) == (404, "certificate_unknown")
    answer = admin.post("/rpc/revoke_charge_point_certificate", json={"certificate_id": row["id"]})
    assert answer.status_code == 200, answer.text
    (row,) = admin.get(path).json()
    assert row["revoked_at"] is not None


def test_the_profile_of_a_charger_is_lowered_by_its_permission_only(people: People) -> None:
    operator, admin = people["greenway.operator"], people["greenway.admin"]
    path = "/charge_points?identity=eq.GW-CP-2"
    assert operator.patch(path, json={"security_profile": 2}).status_code == 204
    answer = operator.patch(path, json={"security_profile": 1})
    assert (answer.status_code, key_of(answer)) == (403, "permission_missing")
    assert admin.patch(path, json={"security_profile": 1}).status_code == 204


def test_what_is_no_certificate_is_refused(people: People) -> None:
    admin = people["greenway.admin"]
    for function, request in (
        ("register_charge_point_certificate", {"certificate": "x"}),
        ("install_certificate", {"certificate_type": "x", "certificate": "x"}),
        ("certificate_signed", {"certificate_chain": "x"}),
    ):
        answer = admin.post(f"/rpc/{function}", json=request | {"charge_point": "GW-CP-1"})
        assert (answer.status_code, key_of(answer)) == (400, "certificate_invalid")
