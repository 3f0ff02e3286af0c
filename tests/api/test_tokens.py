"""Which tokens the real PostgREST lets in: ours, forged ones, and those of outside issuers."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.calls import Json, call, key_of, read
from tests.support.databases import SECRETS, Database
from tests.support.processes import running_postgrest
from tests.support.tokens import RsaKey, sign_hs256, unsigned

ISSUER = "https://id.greenway.example"

# Stands for a time when the test runs: parameters are the same in every worker.
JUST_EXPIRED = "five seconds ago"


@pytest.fixture(scope="module")
def outside_key() -> RsaKey:
    """The signing key of the outside provider."""
    return RsaKey.generate("outside-1")


@pytest.fixture(scope="module")
def api(
    module_database: Database,
    outside_key: RsaKey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[httpx.Client]:
    """PostgREST that accepts our tokens and the outside provider's."""
    directory: Path = tmp_path_factory.mktemp("sign_in")
    jwks = directory / "outside.json"
    jwks.write_text(json.dumps({"keys": [outside_key.jwk]}))
    settings = replace(module_database.settings, jwks_file=jwks)
    with (
        running_postgrest(settings, directory) as part,
        httpx.Client(base_url=part.url, timeout=20, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def owner(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The owner's connection to the same database."""
    with psycopg.connect(
        module_database.owner_url, autocommit=True, options="-c role=voltaro_owner"
    ) as connection:
        yield connection


def our_claims(owner: psycopg.Connection[tuple[Any, ...]], who: str, **changes: Any) -> Json:
    """Claims of a good token of ours, with changes; None leaves a claim out."""
    row = owner.execute("select tests.claims_of(%s)", [who]).fetchone()
    assert row is not None
    return {key: value for key, value in {**row[0], **changes}.items() if value is not None}


def outside_claims(who: str, **changes: Any) -> Json:
    """Claims of a good token of the outside provider."""
    claims = {
        "iss": ISSUER,
        "aud": "voltaro",
        "sub": f"subject|{who}",
        "exp": int(time.time()) + 600,
        "jti": uuid.uuid4().hex,
    }
    return {key: value for key, value in {**claims, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"exp": JUST_EXPIRED}, "token_expired"),
        ({"exp": None}, "token_invalid"),
        ({"exp": "soon"}, None),
        ({"jti": None}, "token_invalid"),
        ({"jti": "1"}, "token_invalid"),
        ({"jti": "00000000-0000-4000-a000-000000000001"}, "token_revoked"),
        ({"aud": "other"}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({"iss": None}, "token_invalid"),
        ({"iss": "https://nobody.example"}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"sub": "00000000-0000-4000-8000-000000003002"}, "token_revoked"),
        ({"sid": None}, "token_invalid"),
        ({"sid": "00000000-0000-4000-9000-00000000ffff"}, "token_revoked"),
        ({"tenant_id": 102}, "token_revoked"),
        ({"tenant_id": None}, "token_invalid"),
        ({"tenant_id": "x"}, "token_invalid"),
    ],
    ids=str,
)
def test_a_signed_token_with_wrong_claims_is_refused(
    api: httpx.Client,
    owner: psycopg.Connection[tuple[Any, ...]],
    changes: Json,
    key: str | None,
) -> None:
    """The signature is ours, the claims are not: 401 with the key that says why."""
    changes = _at_this_time(changes)
    token = sign_hs256(our_claims(owner, "greenway.operator", **changes), SECRETS.jwt_secret)
    refused = read(api, "/tenants", token)
    assert refused.status_code == 401, refused.text
    if key is not None:
        assert key_of(refused) == key


def _at_this_time(changes: Json) -> Json:
    is_expired = changes.get("exp") == JUST_EXPIRED
    return {**changes, "exp": int(time.time()) - 5} if is_expired else changes


def test_a_good_token_made_by_hand_is_accepted(
    api: httpx.Client, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """So the tests above fail for the reason they name."""
    token = sign_hs256(our_claims(owner, "greenway.operator"), SECRETS.jwt_secret)
    assert read(api, "/tenants", token).status_code == 200


def test_a_forged_token_is_refused(
    api: httpx.Client, owner: psycopg.Connection[tuple[Any, ...]], outside_key: RsaKey
) -> None:
    """Another key, no signature, a public key as secret, a changed payload, rubbish."""
    claims = our_claims(owner, "greenway.admin")
    good = sign_hs256(claims, SECRETS.jwt_secret)
    other = sign_hs256({**claims, "role": "platform"}, SECRETS.jwt_secret)
    for token in (
        sign_hs256(claims, "another secret of the right length, 32+"),
        unsigned(claims),
        sign_hs256(claims, outside_key.jwk["n"]),
        ".".join([*other.split(".")[:2], good.split(".")[2]]),
        "a.b.c",
        "rubbish",
    ):
        assert read(api, "/tenants", token).status_code == 401


def test_the_role_claim_does_not_decide(
    api: httpx.Client, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """A role claim beyond the membership's role is replaced by what the person is now."""
    token = sign_hs256(our_claims(owner, "greenway.operator", role="platform"), SECRETS.jwt_secret)
    assert [row["slug"] for row in read(api, "/tenants", token).json()] == ["greenway"]


def test_an_outside_token_acts_as_the_person_of_its_subject(
    api: httpx.Client, outside_key: RsaKey
) -> None:
    """It names neither role nor tenant; both come from the membership."""
    token = outside_key.sign(outside_claims("greenway.operator", sid="not one of ours"))
    me = call(api, "me", token).json()
    assert (me["email"], me["tenant"], me["role"]) == (
        "operator@greenway.example",
        "greenway",
        "operator",
    )
    assert [row["slug"] for row in read(api, "/tenants", token).json()] == ["greenway"]


def test_an_outside_token_does_not_become_a_sign_in_of_ours(
    api: httpx.Client, outside_key: RsaKey
) -> None:
    """A refresh token would outlive what the provider takes back."""
    token = outside_key.sign(outside_claims("greenway.both"))
    refused = call(api, "switch_tenant", token, tenant="bluecharge")
    assert (refused.status_code, key_of(refused)) == (403, "outside_token")


def test_an_outside_token_of_a_member_of_two_tenants_may_name_one(
    api: httpx.Client, outside_key: RsaKey
) -> None:
    """The claim tenant_id chooses where the person is a member, and only there."""
    tenants = [
        call(api, "me", outside_key.sign(outside_claims("greenway.both", tenant_id=tenant_id)))
        for tenant_id in (101, 102, 999, "x", None)
    ]
    assert [answer.json()["tenant"] for answer in tenants] == [
        "greenway",
        "bluecharge",
        "greenway",
        "greenway",
        "greenway",
    ]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"iss": "https://nobody.example"}, "token_invalid"),
        ({"iss": "https://id.bluecharge.example"}, "user_unknown"),
        ({"aud": "other"}, "token_invalid"),
        ({"aud": ["other", "another"]}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"exp": JUST_EXPIRED}, "token_expired"),
        ({"sub": "subject|nobody"}, "user_unknown"),
        ({"sub": "subject|greenway.inactive"}, "user_inactive"),
        # Our own issuer, signed by the outside key: it knows no sign-in.
        ({"iss": "voltaro", "aud": "voltaro-api", "role": "platform"}, "token_invalid"),
    ],
    ids=str,
)
def test_an_outside_token_with_wrong_claims_is_refused(
    api: httpx.Client, outside_key: RsaKey, changes: Json, key: str
) -> None:
    """Issuer, audience, expiry and subject have to be known."""
    token = outside_key.sign(outside_claims("greenway.operator", **_at_this_time(changes)))
    refused = read(api, "/tenants", token)
    assert (refused.status_code, key_of(refused)) == (401, key)


def test_an_outside_token_of_another_key_is_refused(api: httpx.Client) -> None:
    """The same claims and key id, signed by a key that is not in the JWKS."""
    token = RsaKey.generate("outside-1").sign(outside_claims("greenway.operator"))
    assert read(api, "/tenants", token).status_code == 401


def test_an_outside_token_can_be_logged_out(api: httpx.Client, outside_key: RsaKey) -> None:
    """That token alone is refused from then on, with a jti of its own or without."""
    for changes in ({}, {"jti": None, "iat": 1}):
        token = outside_key.sign(outside_claims("greenway.admin", **changes))
        assert read(api, "/tenants", token).status_code == 200
        assert call(api, "logout", token).status_code == 204
        refused = read(api, "/tenants", token)
        assert (refused.status_code, key_of(refused)) == (401, "token_revoked")
    token = outside_key.sign(outside_claims("greenway.admin"))
    assert read(api, "/tenants", token).status_code == 200
