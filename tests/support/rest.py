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

    def patch(self, relation: str, body: Any, **parameters: str) -> Answer:
        """PATCH the rows of a relation that the parameters name."""
        query = urllib.parse.urlencode(parameters)
        return self._send("PATCH", f"{relation}?{query}", json.dumps(body).encode())

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
        return self.fetch(relation, accept="text/csv", **parameters).decode()

    def fetch(self, path: str, *, accept: str = "*/*", **parameters: str) -> bytes:
        """Return the body of an answer as it is. Raises ApiError for any status but 200."""
        request = self._request(
            "GET", f"{path}?{urllib.parse.urlencode(parameters)}", accept=accept
        )
        return self._bytes(request, f"GET {path}")

    def upload(self, function: str, body: bytes) -> Any:
        """Return what a function answers to bytes. Raises ApiError for any status but 200."""
        request = self._request(
            "POST", f"rpc/{function}", body, content_type="application/octet-stream"
        )
        return _decode(self._bytes(request, function))

    def _bytes(self, request: urllib.request.Request, what: str) -> bytes:
        try:
            with OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(f"{what}: {error.code} {error.read()!r}") from error

    def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        request = self._request(method, path, body)
        try:
            with OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                return Answer(answer.status, _decode(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _decode(error.read()))

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        accept: str = "application/json",
        content_type: str = "application/json",
    ) -> urllib.request.Request:
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return urllib.request.Request(  # noqa: S310 - the URL is the stack's own
            f"{self._url}/{path}", data=body, headers=headers, method=method
        )


def _decode(body: bytes) -> Any:
    return json.loads(body) if body else None
