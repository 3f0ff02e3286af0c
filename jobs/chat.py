"""Sends SMS and chat messages through Apprise, which knows the services."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import quote, urlsplit

import apprise

from jobs.messages import compose
from jobs.outbox import Outcome, Task
from jobs.webhooks import is_public

__all__ = ["ChatDeliverer"]

_SECONDS = "15"


class ChatDeliverer:
    """The kinds `chat` and `sms` of the outbox.

    The service is the address that the tenant gave. Apprise says yes or no; a no may have come
    after the message was sent, so it leaves it unknown: a chat message is tried again then, an SMS
    waits for a person (ops.outbox_kinds).
    """

    threads = 1
    can_ask = False

    def __init__(self, kind: Literal["chat", "sms"], environment: Mapping[str, str]) -> None:
        self.kind = kind
        self._portal_url = environment.get("VOLTARO_PORTAL_URL", "")

    def deliver(self, task: Task) -> Outcome:
        """Send the subject of the message: one line is what an SMS or a room has room for."""
        url = str(task.payload["url"]).replace("{to}", quote(str(task.payload.get("to") or "")))
        if not _may_be_reached(url, may_be_here=bool(task.payload["allows_loopback"])):
            return Outcome("dead", "the address is within our own network")
        words = compose(task.payload, portal_url=self._portal_url)
        separator = "&" if "?" in url else "?"
        service = apprise.Apprise.instantiate(
            f"{url}{separator}cto={_SECONDS}&rto={_SECONDS}", suppress_exceptions=True
        )
        if service is None:
            return Outcome("dead", "this is no address that Apprise knows")
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
            is_sent = bool(service.notify(body=words.subject, body_format="text"))
            said = log.getvalue().strip()
        if is_sent:
            return Outcome("delivered", service.service_name or self.kind)
        # What Apprise says names the service, not its keys.
        return Outcome("unknown", said.splitlines()[-1] if said else "the service said no")

    def ask(self, task: Task) -> Outcome:
        """Services have no such question."""
        raise NotImplementedError(f"nobody can be asked about message {task.id}")


def _may_be_reached(url: str, *, may_be_here: bool) -> bool:
    """Whether an address leads out of our own network, or to a service that Apprise knows by name.

    Much of what stands where a host would is a token (slack://TokenA/...): it is no host then.
    """
    host = urlsplit(url).hostname
    if not host:
        return True
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    return all(is_public(one) or (may_be_here and one.is_loopback) for one in addresses)
