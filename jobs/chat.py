"""Sends SMS and chat messages through Apprise, which knows the services."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import quote, unquote

from jobs.messages import compose
from jobs.outbox import Outcome, Task
from jobs.webhooks import is_public

__all__ = ["ChatDeliverer"]

_SECONDS = "15"

_FILE_OPTION = re.compile(r"[?&;]\s*(keyfile|pgp\w*|subfile|template)\s*=", re.IGNORECASE)
"""Options of Apprise that name a file of this machine, or an address to fetch one from."""


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
        import apprise  # noqa: PLC0415 - large, and many runners send none

        url = str(task.payload["url"]).replace("{to}", quote(str(task.payload.get("to") or "")))
        if _FILE_OPTION.search(unquote(unquote(url))):
            return Outcome("dead", "the address may not have options that name files")
        words = compose(task.payload, portal_url=self._portal_url)
        separator = "&" if "?" in url else "?"
        with (
            _within_the_internet(may_be_here=bool(task.payload["allows_loopback"])) as guard,
            apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log,  # type: ignore[no-untyped-call]
        ):
            service = apprise.Apprise.instantiate(
                f"{url}{separator}cto={_SECONDS}&rto={_SECONDS}", suppress_exceptions=True
            )
            if service is None:
                return Outcome("dead", "this is no address that Apprise knows")
            is_sent = bool(service.notify(body=words.subject, body_format="text"))
            said = log.getvalue().strip()
        if is_sent:
            return Outcome("delivered", service.service_name or self.kind)
        if guard.has_refused:
            return Outcome("dead", "the address is within our own network")
        # What Apprise says names the service, not its keys.
        return Outcome("unknown", said.splitlines()[-1] if said else "the service said no")

    def ask(self, task: Task) -> Outcome:
        """Services have no such question, so `can_ask` is false."""
        return Outcome("unknown", f"nobody can be asked about {task.key}")


class _Guard(threading.local):
    """Whether what this thread connects to is looked at."""

    is_on = False
    may_be_here = False
    has_refused = False


_guard = _Guard()


@contextlib.contextmanager
def _within_the_internet(*, may_be_here: bool) -> Iterator[_Guard]:
    """Let this thread reach public addresses only, with may_be_here also this machine.

    What an address leads to is known when a connection is made and not before: Apprise reads
    addresses its own way, has options for other hosts, follows redirects, and asks some services
    where they are; and a name may lead elsewhere the next time it is asked for.
    """
    _guard.is_on, _guard.may_be_here, _guard.has_refused = True, may_be_here, False
    try:
        yield _guard
    finally:
        _guard.is_on = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if (
        event in {"socket.connect", "socket.sendto", "socket.sendmsg"}
        and _guard.is_on
        # What is connected already names no address.
        and arguments[1] is not None
        and not _is_allowed(arguments[1])
    ):
        _guard.has_refused = True
        raise OSError("the address is within our own network")


def _is_allowed(address: Any) -> bool:
    """Whether the address of a socket may be reached; that of a file may not."""
    try:
        found = ip_address(str(address[0]).partition("%")[0])
    except (ValueError, IndexError, TypeError):
        return False
    return is_public(found) or (_guard.may_be_here and found.is_loopback)


# Python tells of each connection here before it makes it, whoever asks for it (PEP 578).
sys.addaudithook(_watch)
