"""The personas of the test database as clients of the API."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

__all__ = ["PASSWORD", "People"]

PASSWORD = "correct-horse-7"


class People:
    """Clients of one PostgREST, signed in with api.login at their first use."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str | None, httpx.Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            client.close()

    @property
    def anonymous(self) -> httpx.Client:
        """Somebody without a token."""
        return self._client(None)

    def __getitem__(self, persona: str) -> httpx.Client:
        """A persona by name: people["greenway.operator"]."""
        return self._client(persona)

    def _client(self, persona: str | None) -> httpx.Client:
        if persona not in self._clients:
            headers = {} if persona is None else {"Authorization": f"Bearer {self._login(persona)}"}
            self._clients[persona] = httpx.Client(
                base_url=self._url, headers=headers, timeout=20, trust_env=False
            )
        return self._clients[persona]

    def _login(self, persona: str) -> str:
        tenant, _, who = persona.partition(".")
        answer = self.anonymous.post(
            "/rpc/login", json={"email": f"{who}@{tenant}.example", "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token
