"""A small PostgREST client on the standard library, for whoever reads the API as a person."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

__all__ = ["OPENER", "Answer", "Api", "ApiError"]

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens addresses of this machine: a proxy in the environment is for others."""

_TIMEOUT_S = 20


class ApiError(Exception):
    """The API refused what should have worked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and decoded JSON body (None when empty)."""

    status: int
    body: Any


class Api:
    """The API as one person sees it, or as nobody in particular without a token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._token = token

    @classmethod
    def login(cls, url: str, email: str, password: str) -> Api:
        """Sign in with api.login. Raises ApiError."""
        answer = cls(url).post("rpc/login", {"email": email, "password": password})
        if answer.status != 200:
            raise ApiError(f"login as {email}: {answer.status} {answer.body}")
        return cls(url, answer.body["access_token"])

    def get(self, relation: str, **parameters: str) -> Answer:
        """GET a relation; parameters are PostgREST's (`id="eq.1"`, `select="*"`)."""
        query = urllib.parse.urlencode(parameters)
        return self._send("GET", f"{relation}?{query}" if query else relation)

    def post(self, path: str, body: Any) -> Answer:
        """POST JSON to a relation or a function (`rpc/<name>`)."""
        return self._send("POST", path, json.dumps(body).encode())

    def read(self, relation: str, **parameters: str) -> list[dict[str, Any]]:
        """Return the rows of a relation. Raises ApiError for any status but 200."""
        answer = self.get(relation, **parameters)
        if answer.status != 200:
            raise ApiError(f"GET {relation}: {answer.status} {answer.body}")
        rows: list[dict[str, Any]] = answer.body
        return rows

    def call(self, function: str, **arguments: Any) -> Any:
        """Return what a function answers. Raises ApiError for any status but 200."""
        answer = self.post(f"rpc/{function}", arguments)
        if answer.status != 200:
            raise ApiError(f"{function}: {answer.status} {answer.body}")
        return answer.body

    def read_csv(self, relation: str, **parameters: str) -> str:
        """Return the rows of a relation as CSV. Raises ApiError for any status but 200."""
        path = f"{relation}?{urllib.parse.urlencode(parameters)}"
        request = self._request("GET", path, accept="text/csv")
        try:
            with OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(f"GET {relation}: {error.code} {error.read()!r}") from error

    def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        request = self._request(method, path, body)
        try:
            with OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                return Answer(answer.status, _decode(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _decode(error.read()))

    def _request(
        self, method: str, path: str, body: bytes | None = None, *, accept: str = "application/json"
    ) -> urllib.request.Request:
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return urllib.request.Request(  # noqa: S310 - the URL is the stack's own
            f"{self._url}/{path}", data=body, headers=headers, method=method
        )


def _decode(body: bytes) -> Any:
    return json.loads(body) if body else None
