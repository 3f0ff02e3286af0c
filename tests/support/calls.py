"""Calls of the API with a token of one's own, for tests of sign-in."""

from __future__ import annotations

import json
from typing import Any

import httpx

__all__ = ["PASSWORD", "Json", "call", "key_of", "read", "sign_in"]

PASSWORD = "correct-horse-7"
"""Everybody's, in tests/db/personas.sql."""

Json = dict[str, Any]


def call(api: httpx.Client, function: str, token: str | None = None, **body: Any) -> httpx.Response:
    """Call a function of the API."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return api.post(f"/rpc/{function}", json=body, headers=headers)


def read(api: httpx.Client, path: str, token: str) -> httpx.Response:
    """Read a relation of the API."""
    return api.get(path, headers={"Authorization": f"Bearer {token}"})


def sign_in(api: httpx.Client, who: str) -> Json:
    """Tokens of a persona such as `greenway.operator`."""
    tenant, name = who.split(".")
    answer = call(api, "login", email=f"{name}@{tenant}.example", password=PASSWORD)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def key_of(answer: httpx.Response) -> str:
    """The stable key of a refusal."""
    return str(json.loads(answer.json()["details"])["error"])
