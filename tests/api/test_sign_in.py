"""Sign-in through the real PostgREST, from login to logout, and guessing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.calls import PASSWORD, call, key_of, read, sign_in
from tests.support.processes import RunningPart


@pytest.fixture(scope="module")
def api(module_postgrest: RunningPart) -> Iterator[httpx.Client]:
    """PostgREST, without a token."""
    with httpx.Client(base_url=module_postgrest.url, timeout=20, trust_env=False) as client:
        yield client


def test_a_sign_in_from_login_to_logout(api: httpx.Client) -> None:
    """Login, read, refresh, read again, logout, and nothing works any more."""
    first = sign_in(api, "greenway.operator")
    assert (first["tenant"], first["role"]) == ("greenway", "operator")
    assert first["expires_at"].endswith("Z")
    assert read(api, "/tenants", first["access_token"]).json()[0]["slug"] == "greenway"

    second = call(api, "refresh", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert read(api, "/tenants?select=slug", second["access_token"]).json() == [
        {"slug": "greenway"}
    ]

    assert call(api, "logout", second["access_token"]).status_code == 204
    for tokens in (first, second):
        refused = read(api, "/tenants", tokens["access_token"])
        assert (refused.status_code, key_of(refused)) == (401, "token_revoked")
    refused = call(api, "refresh", refresh_token=second["refresh_token"])
    assert (refused.status_code, key_of(refused)) == (401, "token_revoked")


def test_a_used_refresh_token_ends_the_sign_in(api: httpx.Client) -> None:
    """Reuse is answered with 401, and the answer's revocation stays."""
    first = sign_in(api, "greenway.operator")
    second = call(api, "refresh", refresh_token=first["refresh_token"]).json()
    second = call(api, "refresh", refresh_token=second["refresh_token"]).json()
    other = sign_in(api, "greenway.operator")

    reused = call(api, "refresh", refresh_token=first["refresh_token"])
    assert (reused.status_code, key_of(reused)) == (401, "refresh_token_reused")
    refused = read(api, "/tenants", second["access_token"])
    assert (refused.status_code, key_of(refused)) == (401, "token_revoked")
    assert call(api, "refresh", refresh_token=second["refresh_token"]).status_code == 401
    assert read(api, "/tenants", other["access_token"]).status_code == 200


def test_of_a_refresh_token_sent_many_times_at_once_one_answer_stays_good(
    api: httpx.Client,
) -> None:
    """A client that sends again is answered; only the last answer can be refreshed."""
    token = sign_in(api, "greenway.support")["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(api, "refresh", refresh_token=token), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    refreshed = [
        call(api, "refresh", refresh_token=answer.json()["refresh_token"]) for answer in answers
    ]
    good = [answer for answer in refreshed if answer.status_code == 200]
    # Each replaced token that comes ends the sign-in, perhaps before the good one's turn.
    assert len(good) <= 1
    assert "refresh_token_reused" in {key_of(a) for a in refreshed if a.status_code == 401}


def test_a_role_change_takes_effect_at_once(api: httpx.Client) -> None:
    """A token given to staff acts as a customer the moment its person became one."""
    admin = sign_in(api, "bluecharge.admin")["access_token"]
    person = sign_in(api, "bluecharge.viewer")["access_token"]
    user_id = call(api, "me", person).json()["user_id"]
    assert read(api, "/roles", person).status_code == 200

    assert call(api, "set_user_role", admin, user_id=user_id, role="customer").status_code == 204
    assert call(api, "me", person).json()["audience"] == "customer"
    assert read(api, "/roles", person).status_code == 403

    assert call(api, "deactivate_user", admin, user_id=user_id).status_code == 204
    refused = call(api, "me", person)
    assert (refused.status_code, key_of(refused)) == (401, "token_revoked")
    refused = call(api, "login", email="viewer@bluecharge.example", password=PASSWORD)
    assert (refused.status_code, key_of(refused)) == (401, "user_inactive")


def test_wrong_credentials_get_one_answer_known_or_not(api: httpx.Client) -> None:
    """The shape is PostgREST's own; an unknown address cannot be told from a wrong password."""
    answers = [
        call(api, "login", email=email, password="wrong-horse-7")
        for email in ("admin@greenway.example", "nobody@greenway.example", "", "x" * 5000)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    raised = call(api, "refresh", refresh_token="x")
    assert set(answers[0].json()) == set(raised.json())
    assert (answers[0].json()["code"], key_of(answers[0])) == (
        raised.json()["code"],
        "invalid_credentials",
    )


def test_guessing_is_slowed_down_and_then_locked(api: httpx.Client) -> None:
    """A burst of guesses is counted exactly; then even the right password has to wait."""
    email = "Driver2@BlueCharge.example"
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(lambda n: call(api, "login", email=email, password=f"guess-{n}"), range(24))
        )
    codes = [answer.status_code for answer in answers]
    assert (codes.count(401), codes.count(429)) == (5, 19)

    refused = call(api, "login", email="driver2@bluecharge.example", password=PASSWORD)
    assert (refused.status_code, key_of(refused)) == (429, "too_many_attempts")
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    unknown = [
        call(api, "login", email="nobody@bluecharge.example", password="x").status_code
        for _ in range(6)
    ]
    assert unknown == [401] * 5 + [429]


def test_many_right_sign_ins_at_once_all_work(api: httpx.Client) -> None:
    """Attempts on one address wait for each other, they do not fail."""
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: sign_in(api, "bluecharge.support"), range(24)))
    assert len({answer["refresh_token"] for answer in answers}) == 24


def test_bad_input_gets_a_4xx(api: httpx.Client) -> None:
    """Nulls, NUL, wrong types, nothing at all: never a 5xx."""
    for body in (
        b'{"email": null, "password": null}',
        b'{"email": "a\\u0000@b.c", "password": "x"}',
        b'{"email": {"a": 1}, "password": [1]}',
        b'{"email": 1e400, "password": true}',
        b"{}",
        b"[]",
        b"not json",
        b'{"email": "' + b"a" * 200_000 + b'", "password": "' + b"b" * 200_000 + b'"}',
    ):
        answer = api.post("/rpc/login", content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, (body[:60], answer.text)


def test_an_api_key_gives_tokens_until_it_is_revoked(api: httpx.Client) -> None:
    """Made by a person, exchanged by a program, revoked at once with its tokens."""
    admin = sign_in(api, "greenway.admin")["access_token"]
    key = call(api, "create_api_key", admin, name="Reports").json()
    tokens = call(api, "token_for_key", key=key["key"]).json()
    assert "refresh_token" not in tokens
    token = tokens["access_token"]
    assert call(api, "me", token).json()["email"] == "admin@greenway.example"

    for function, body in (
        ("create_api_key", {"name": "another"}),
        ("switch_tenant", {"tenant": "greenway"}),
        ("change_password", {"old_password": PASSWORD, "new_password": "another-horse-7"}),
    ):
        refused = call(api, function, token, **body)
        assert (refused.status_code, key_of(refused)) == (403, "person_required")

    assert call(api, "revoke_api_key", admin, id=key["id"]).status_code == 204
    refused = call(api, "me", token)
    assert (refused.status_code, key_of(refused)) == (401, "token_revoked")
    refused = call(api, "token_for_key", key=key["key"])
    assert (refused.status_code, key_of(refused)) == (401, "api_key_invalid")


def test_switching_tenant_gives_tokens_of_the_other(api: httpx.Client) -> None:
    """The role is the one held there; the old sign-in ends."""
    first = call(api, "login", email="BOTH@example.org", password=PASSWORD).json()
    assert (first["tenant"], first["role"]) == ("greenway", "operator")
    second = call(api, "switch_tenant", first["access_token"], tenant="bluecharge").json()
    assert (second["tenant"], second["role"]) == ("bluecharge", "admin")
    assert read(api, "/tenants?select=slug", second["access_token"]).json() == [
        {"slug": "bluecharge"}
    ]
    assert read(api, "/tenants", first["access_token"]).status_code == 401
    third = call(api, "switch_tenant", second["access_token"], tenant=101).json()
    assert third["tenant"] == "greenway"
    refused = call(
        api, "switch_tenant", sign_in(api, "greenway.admin")["access_token"], tenant="bluecharge"
    )
    assert (refused.status_code, key_of(refused)) == (404, "tenant_unknown")


def test_only_the_exposed_schema_is_reachable(api: httpx.Client) -> None:
    """Neither tables nor private functions answer, by name or by profile."""
    token = sign_in(api, "greenway.platform_admin")["access_token"]
    for path in ("/users_", "/credentials", "/secrets", "/login_sessions", "/refresh_tokens"):
        assert read(api, path, token).status_code == 404
    for profile in ("core", "ops", "access", "claims"):
        answer = api.get(
            "/tenants",
            headers={"Authorization": f"Bearer {token}", "Accept-Profile": profile},
        )
        assert answer.status_code == 406
    assert call(api, "issue_token", token, p_email="x").status_code == 404
