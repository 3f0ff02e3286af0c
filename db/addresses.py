"""Addresses that the stack listens on: whether they are free, and how a URL names them."""

from __future__ import annotations

import errno
import socket

from db.exceptions import StackError

__all__ = ["check_free", "reachable", "url_address"]


def reachable(host: str) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    return everywhere.get(host, host)


def url_address(host: str, port: int) -> str:
    """`host:port` as a URL has it: an IPv6 address stands in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_free(host: str, port: int, *, name: str, purpose: str) -> None:
    """Raise StackError unless a server can listen there.

    The settings VOLTARO_<name>_HOST and VOLTARO_<name>_PORT are what the sentence names.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StackError(f"VOLTARO_{name}_HOST={host} is no address here: {reason}") from error
    failure: OSError | None = None
    is_usable = False
    for family, kind, protocol, _, address in found:
        try:
            _bind(family, kind, protocol, address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise StackError(
                    f"port {port} for {purpose} is taken: end the program that uses it, or choose "
                    f"another port with VOLTARO_{name}_PORT"
                ) from error
            failure = error
        else:
            is_usable = True
    # A name may stand for an IPv6 address as well, where this machine has none.
    if failure is not None and not is_usable:
        setting = "PORT" if failure.errno == errno.EACCES else "HOST"
        raise StackError(
            f"cannot listen on {url_address(host, port)} for {purpose} ({failure.strerror}): "
            f"change VOLTARO_{name}_{setting}"
        ) from failure


def _bind(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> None:
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # As the servers do: the IPv4 address of the same port is another one.
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)
