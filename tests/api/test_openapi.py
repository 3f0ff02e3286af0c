"""The description that PostgREST gives of the API: complete, and by role."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.people import People

# DESIGN, decision 24.
ANONYMOUS = {
    "login", "refresh", "token_for_key", "sign_up", "verify_email", "request_password_reset",
    "reset_password", "payment_webhook", "health",
}  # fmt: skip


def description(client: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document of somebody."""
    answer = client.get("/")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def is_said(text: str | None) -> bool:
    """Whether a description says more than PostgREST adds by itself."""
    return bool(text) and not str(text).startswith(("Note:", "<pk", "<fk"))


@pytest.fixture(scope="module")
def admin(people: People) -> dict[str, Any]:
    """What an administrator reads."""
    return description(people["greenway.admin"])


def test_api_has_a_title_and_says_its_units(admin: dict[str, Any]) -> None:
    assert admin["info"]["title"] == "Voltaro"
    assert "watt-hours" in admin["info"]["description"]


def test_every_relation_and_every_column_is_described(admin: dict[str, Any]) -> None:
    missing = [
        relation
        for relation, definition in admin["definitions"].items()
        if not is_said(definition.get("description"))
    ]
    missing += [
        f"{relation}.{column}"
        for relation, definition in admin["definitions"].items()
        for column, details in definition["properties"].items()
        if not is_said(details.get("description"))
    ]
    assert missing == []
    assert len(admin["definitions"]) > 15


@pytest.mark.parametrize("persona", ["greenway.admin", "greenway.platform_admin"])
def test_every_function_is_described(people: People, persona: str) -> None:
    document = description(people[persona])
    functions = {path for path in document["paths"] if path.startswith("/rpc/")}
    missing = [
        path for path in functions if not is_said(document["paths"][path]["post"].get("summary"))
    ]
    assert missing == []
    assert functions >= {
        "/rpc/admit_charge_point", "/rpc/ignore_charge_point", "/rpc/create_charge_point_key",
        "/rpc/admit_id_token", "/rpc/ignore_id_token", "/rpc/login",
    }  # fmt: skip


def test_anonymous_is_offered_exactly_its_functions(people: People) -> None:
    paths = set(description(people.anonymous)["paths"]) - {"/"}
    assert paths == {f"/rpc/{name}" for name in ANONYMOUS}


def test_driver_is_offered_nothing_of_onboarding(people: People) -> None:
    paths = set(description(people["greenway.customer"])["paths"])
    assert paths >= {"/id_tokens"}
    assert not {path for path in paths if "admit" in path or "ignore" in path or "key" in path} & {
        "/rpc/admit_charge_point", "/rpc/ignore_charge_point", "/rpc/create_charge_point_key",
        "/rpc/admit_id_token", "/rpc/ignore_id_token", "/charge_point_keys",
    }  # fmt: skip
    assert "/unknown_charge_points" not in paths


@pytest.mark.parametrize("name", ["admit_charge_point", "admit_id_token", "switch_tenant"])
def test_anonymous_call_of_any_other_function_is_refused(people: People, name: str) -> None:
    bodies = {
        "admit_charge_point": {"unknown_charge_point_id": 1},
        "admit_id_token": {"unknown_id_token_id": 1},
        "switch_tenant": {"tenant": "bluecharge"},
    }
    answer = people.anonymous.post(f"/rpc/{name}", json=bodies[name])
    assert answer.status_code == 401
    assert answer.json()["code"] == "42501"
