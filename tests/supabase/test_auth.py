"""Tokens of Supabase Auth: what the hook puts in, and what the API makes of them."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from db.connection import connect, execute_text
from db.settings import ROOT, login_url
from tests.supabase.project import CONFIG, ISSUER
from tests.support.databases import SECRETS, Database
from tests.support.processes import RunningPart

Json = dict[str, Any]


class Auth:
    """What Supabase Auth does on a database: keeps accounts, asks the hook, signs tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.url = login_url(
            database.superuser_url, "supabase_auth_admin", SECRETS.postgres_password
        )

    def register(self, email: str, *, is_confirmed: bool = True) -> str:
        """Make an account; return its id."""
        with connect(self.url) as connection:
            row = connection.execute(
                "insert into users (id, email, email_confirmed_at)"
                " values (gen_random_uuid(), %s, case when %s then now() end) returning id::text",
                [email, is_confirmed],
            ).fetchone()
        assert row is not None
        return str(row[0])

    def ask_hook(self, user_id: str, **claims: Any) -> Json:
        """What the hook answers: {"claims"} or {"error"}."""
        now = int(time.time())
        event = {
            "user_id": user_id,
            "authentication_method": "password",
            "claims": {
                "iss": ISSUER,
                "aud": "authenticated",
                "sub": user_id,
                "role": "authenticated",
                "iat": now,
                "exp": now + CONFIG["auth"]["jwt_expiry"],
                "aal": "aal1",
                "session_id": str(uuid.uuid4()),
                "email": "whatever@example.org",
                "phone": "",
                "is_anonymous": False,
                "app_metadata": {"provider": "email"},
                "user_metadata": {},
                **claims,
            },
        }
        schema, function = CONFIG["auth"]["hook"]["custom_access_token"]["uri"].split("/")[-2:]
        with connect(self.url) as connection:
            row = connection.execute(
                f'select "{schema}"."{function}"(%s)', [json.dumps(event)]
            ).fetchone()
        assert row is not None
        answer: Json = row[0]
        return answer

    def sign_in(self, user_id: str, **claims: Any) -> str:
        """A token as Supabase signs it."""
        return sign(self.ask_hook(user_id, **claims)["claims"])


def sign(claims: Json) -> str:
    """Sign claims with the project's secret."""
    return jwt.encode(claims, SECRETS.jwt_secret, algorithm="HS256")


@pytest.fixture
def auth(database: Database) -> Auth:
    """Supabase Auth on the test's database."""
    return Auth(database)


@pytest.fixture
def api(postgrest: RunningPart) -> httpx.Client:
    """The API as Supabase serves it."""
    return httpx.Client(base_url=postgrest.url)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_hook_gives_role_and_tenant_and_keeps_the_rest(auth: Auth) -> None:
    """An operator is staff of their tenant."""
    user_id = auth.register("operator@greenway.example")
    claims = auth.ask_hook(user_id)["claims"]
    assert claims["role"] == "staff"
    assert claims["tenant_id"] == 101
    assert claims["sub"] == user_id
    assert claims["aud"] == "authenticated"
    assert claims["app_metadata"] == {"provider": "email"}


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("platform_admin@greenway.example", "platform"),
        ("admin@greenway.example", "staff"),
        ("CUSTOMER@greenway.example", "customer"),
    ],
)
def test_the_audience_is_that_of_the_membership(auth: Auth, email: str, role: str) -> None:
    """E-mail addresses are the same in any case."""
    assert auth.ask_hook(auth.register(email))["claims"]["role"] == role


def test_the_person_chooses_among_their_tenants_only(auth: Auth) -> None:
    """By user metadata; a tenant that is not theirs, or nonsense, is passed over."""
    user_id = auth.register("both@example.org")
    chosen = {
        asked: auth.ask_hook(user_id, user_metadata={"tenant_id": asked})["claims"]["tenant_id"]
        for asked in (101, 102, "102", 103, "x", "9" * 30)
    }
    first = auth.ask_hook(user_id)["claims"]["tenant_id"]
    assert chosen == {101: 101, 102: 102, "102": 102, 103: first, "x": first, "9" * 30: first}


def test_nobody_gets_in_by_an_address_they_have_not_proved(auth: Auth) -> None:
    """The e-mail in the claims is not looked at, nor one that Supabase has not confirmed."""
    unconfirmed = auth.register("admin@greenway.example", is_confirmed=False)
    stranger = auth.register("stranger@example.org")
    for user_id in (unconfirmed, stranger):
        answer = auth.ask_hook(user_id, email="admin@greenway.example")
        assert answer["error"]["http_code"] == 403
        assert "claims" not in answer


def test_the_deactivated_get_no_token(auth: Auth, database: Database) -> None:
    """A membership or a person that is switched off, at once; so is a whole issuer."""
    assert "error" in auth.ask_hook(auth.register("inactive@greenway.example"))
    user_id = auth.register("operator@greenway.example")
    assert "claims" in auth.ask_hook(user_id)
    with connect(database.owner_url, owner=True) as owner:
        owner.execute("update core.identity_providers set is_active = false where true")
    assert "error" in auth.ask_hook(user_id)


def test_after_the_first_token_the_address_does_not_matter(auth: Auth, database: Database) -> None:
    """Account and person are joined once; a second account under a freed address is nobody new."""
    user_id = auth.register("operator@greenway.example")
    auth.ask_hook(user_id)
    with connect(auth.url) as connection:
        connection.execute("update users set email = 'new@example.org' where id = %s", [user_id])
    assert auth.ask_hook(user_id)["claims"]["role"] == "staff"
    with connect(database.owner_url, owner=True) as owner:
        rows = owner.execute(
            "select i.subject, u.email, u.email_verified_at is not null"
            " from core.identities as i join core.users as u on u.id = i.user_id"
            " where i.issuer = %s",
            [ISSUER],
        ).fetchall()
    assert rows == [(user_id, "operator@greenway.example", True)]


def test_only_supabase_auth_may_ask_the_hook(database: Database) -> None:
    """Whoever could call it could join an account to any person."""
    with connect(database.owner_url) as connection:
        for signature in (
            "access.supabase_token_hook(jsonb)",
            "access.get_supabase_claims(text, text, text, text, bigint)",
        ):
            rows = connection.execute(
                "select r.rolname from pg_roles as r where not r.rolsuper"
                " and has_function_privilege(r.oid, %s, 'execute') order by 1",
                [signature],
            ).fetchall()
            assert [name for (name,) in rows] == [
                "postgres",
                "supabase_auth_admin",
                "voltaro_owner",
            ]


def test_a_token_reads_its_tenant(auth: Auth, api: httpx.Client) -> None:
    """And nothing of the other one."""
    token = auth.sign_in(auth.register("operator@bluecharge.example"))
    answer = api.get("/sites?select=id,tenant_id", headers=_headers(token))
    assert answer.status_code == 200, answer.text
    assert {row["tenant_id"] for row in answer.json()} == {102}


def test_a_driver_sees_their_own_sessions_only(auth: Auth, api: httpx.Client) -> None:
    """The person of the token is ours, although its subject is Supabase's."""
    token = auth.sign_in(auth.register("customer@greenway.example"))
    answer = api.get("/charging_sessions?select=id", headers=_headers(token))
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in answer.json()] == [1001]


def test_a_token_made_without_the_hook_acts_as_the_person_too(
    auth: Auth, api: httpx.Client
) -> None:
    """Role authenticated: the check before each request finds the audience."""
    user_id = auth.register("operator@greenway.example")
    claims = auth.ask_hook(user_id)["claims"]
    del claims["tenant_id"]
    answer = api.get(
        "/sites?select=tenant_id", headers=_headers(sign({**claims, "role": "authenticated"}))
    )
    assert answer.status_code == 200, answer.text
    assert {row["tenant_id"] for row in answer.json()} == {101}


@pytest.mark.parametrize("change", ["no exp", "other issuer", "other audience", "stranger"])
def test_a_token_that_is_not_quite_right_is_refused(
    auth: Auth, api: httpx.Client, change: str
) -> None:
    """PostgREST alone would take all of these: the database tells it to call our check."""
    claims = auth.ask_hook(auth.register("operator@greenway.example"))["claims"]
    changed: Json = {
        "no exp": {name: value for name, value in claims.items() if name != "exp"},
        "other issuer": {**claims, "iss": "https://evil.example/auth/v1"},
        "other audience": {**claims, "aud": "other"},
        "stranger": {**claims, "sub": str(uuid.uuid4())},
    }[change]
    answer = api.get("/sites", headers=_headers(sign(changed)))
    assert answer.status_code == 401, answer.text
    assert "error" in json.loads(answer.json()["details"])


def test_a_right_taken_away_is_gone_at_once(
    auth: Auth, api: httpx.Client, database: Database
) -> None:
    """Not only when the token expires."""
    token = auth.sign_in(auth.register("operator@greenway.example"))
    assert api.get("/sites", headers=_headers(token)).status_code == 200
    with connect(database.owner_url, owner=True) as owner:
        owner.execute(
            "update core.users set is_active = false where email = 'operator@greenway.example'"
        )
    assert api.get("/sites", headers=_headers(token)).status_code == 401


def test_supabase_s_own_keys_open_nothing(api: httpx.Client) -> None:
    """The public key is anonymous, the service key's role has no right in our schemas."""
    now = int(time.time())
    for role in ("anon", "service_role"):
        key = sign({"iss": "supabase", "ref": "x", "role": role, "iat": now, "exp": now + 60})
        answer = api.get("/sites", headers=_headers(key))
        assert answer.status_code in {401, 403}, (role, answer.text)
        assert answer.json()["code"] in {"42501", "PT401"}, (role, answer.text)


def test_api_login_needs_the_secret_of_the_project(database: Database, api: httpx.Client) -> None:
    """The README's statements, run as `postgres`, give it one."""
    body = {"email": "operator@greenway.example", "password": "correct-horse-7"}
    with connect(database.owner_url, owner=True) as owner:
        owner.execute("delete from ops.secrets where name = 'jwt_secret'")
    refused = api.post("/rpc/login", json=body)
    assert refused.status_code >= 400
    assert "access_token" not in refused.text

    with connect(database.owner_url) as operator:
        for statement in _readme_statements():
            execute_text(operator, statement)
    answer = api.post("/rpc/login", json=body)
    assert answer.status_code == 200, answer.text
    sites = api.get("/sites", headers=_headers(answer.json()["access_token"]))
    assert sites.status_code == 200, sites.text


def _readme_statements() -> list[str]:
    """The SQL of supabase/README.md with its placeholders filled in."""
    text = (ROOT / "supabase/README.md").read_text()
    values = {
        "<a long random password>": SECRETS.bridge_password,
        "<another long random password>": SECRETS.jobs_password,
        "<the project''s JWT secret>": SECRETS.jwt_secret,
    }
    blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    for placeholder, value in values.items():
        assert any(placeholder in block for block in blocks)
        blocks = [block.replace(placeholder, value) for block in blocks]
    return blocks


def test_the_readme_schedules_the_jobs_as_the_push_does() -> None:
    """One text in two places."""
    from db.supabase import PG_CRON

    assert PG_CRON in (ROOT / "supabase/README.md").read_text()


def test_the_logins_of_the_readme_work(database: Database) -> None:
    """A role that the push made can be given a password by `postgres`."""
    for url in (database.bridge_url, database.jobs_url):
        with psycopg.connect(url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
