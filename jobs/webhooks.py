"""Sends events to webhooks: over HTTPS, to addresses in the internet only.

What is sent, and its signature, is made by SQL (`jobs.prepare_webhook`). A name may stand for an
address of our own network, today or tomorrow, so it is resolved here, every address that it
stands for is judged, and the connection goes to the one that was judged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from jobs.exceptions import WebhookError
from jobs.outbox import Outcome, Task

__all__ = ["Webhooks", "is_public"]

_TIMEOUT_S = 15.0
"""For all of it: name, connection, request and reply. Well within the lease of the kind."""
_THREADS = 8
"""Of which one receiver gets two at most, one tenant four (jobs.take_outbox)."""
_SHOWN_BYTES = 500
"""So much of a reply that is no success goes to the delivery log; no more is read."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Webhooks:
    """The deliverer of the kind webhook."""

    kind = "webhook"
    threads = _THREADS
    # A repeat is known by its webhook-id: SQL lets an unanswered one be sent again.
    can_ask = False

    def __init__(self) -> None:
        # Costly to make, and the same for all.
        self._tls = ssl.create_default_context()

    def deliver(self, task: Task) -> Outcome:
        """POST one event."""
        try:
            return asyncio.run(self._deliver(task.payload))
        except WebhookError as error:
            return _failed("retry", str(error))
        except TimeoutError:
            return _failed("unknown", f"no reply within {_TIMEOUT_S:.0f} s")
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            return _failed("retry", f"no connection: {error}")
        except httpx.HTTPError as error:
            return _failed("unknown", f"no reply: {type(error).__name__}: {error}")

    def ask(self, task: Task) -> Outcome:
        """Nobody can be asked whether a webhook arrived."""
        return Outcome("unknown", f"nobody knows of {task.key}")

    async def _deliver(self, payload: Mapping[str, Any]) -> Outcome:
        url = httpx.URL(payload["url"])
        may_be_here = bool(payload["allows_loopback"])
        async with asyncio.timeout(_TIMEOUT_S):
            address = await _resolve(url, may_be_here=may_be_here)
            host = url.netloc.decode("ascii")
            # Pinned: no second look-up between the judgement and the connection. The certificate
            # is that of the name.
            pinned = url.copy_with(host=str(address))
            async with (
                httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=_TIMEOUT_S) as client,
                client.stream(
                    "POST",
                    pinned,
                    content=payload["body"].encode(),
                    headers={
                        **payload["headers"],
                        "host": host,
                        "user-agent": "Voltaro-Webhooks/1",
                        "accept-encoding": "identity",
                    },
                    extensions={"sni_hostname": url.host},
                    follow_redirects=False,
                ) as response,
            ):
                return _judge(response.status_code, response.headers, await _begin_of(response))


async def _resolve(url: httpx.URL, *, may_be_here: bool) -> Address:
    """Find the address to connect to. Raises WebhookError when one may not be connected to."""
    if url.scheme != "https" and not may_be_here:
        raise WebhookError("webhooks go by https")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port or 443, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise WebhookError(f"there is no address of {url.host}: {error}") from error
    # A scope (fe80::1%eth0) is that of a link: not public, and no part of the address.
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not is_public(address) and not (may_be_here and address.is_loopback):
            raise WebhookError(f"{url.host} is not in the internet: {address}")
        if url.scheme != "https" and not address.is_loopback:
            raise WebhookError("webhooks go by https")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet: not ours, a neighbour's or a group's."""
    if isinstance(address, ipaddress.IPv6Address):
        # What leads to an IPv4 address is as public as that is.
        within = address.ipv4_mapped or address.sixtofour
        if within is None and address.teredo is not None:
            within = address.teredo[1]
        if within is None and address in _NAT64:
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return is_public(within)
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _begin_of(response: httpx.Response) -> bytes:
    """The beginning of a reply; of a success nobody wants to know more."""
    read = b""
    if not response.is_success:
        async for part in response.aiter_raw():
            read += part
            if len(read) >= _SHOWN_BYTES:
                break
    return read[:_SHOWN_BYTES]


def _judge(status: int, headers: httpx.Headers, body: bytes) -> Outcome:
    text = body.decode("utf-8", "replace").strip()
    result = {"status": status}
    if 200 <= status < 300:
        return Outcome("delivered", f"{status}", status, result=result)
    if status == 410:
        return Outcome("dead", f"410 {text}".strip(), status, result=result)
    if 300 <= status < 400:
        return Outcome("retry", f"{status}: redirects are not followed", status, result=result)
    return Outcome(
        "retry", f"{status} {text}".strip(), status, _retry_after(headers), result=result
    )


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that the other side asks for (RFC 9110 §10.2.3): a number, or a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _failed(outcome: Any, detail: str) -> Outcome:
    return Outcome(outcome, detail, result={"status": None})
