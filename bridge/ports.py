"""The ports: who is let in at all, TLS, and whose socket it is behind a proxy.

Sockets are accepted here and not by the event loop's server, so that an address that has enough
costs one accept and no handshake, and a PROXY header is read before TLS begins.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from dataclasses import dataclass

from bridge.connection import Arrival
from bridge.distrust import is_distrust
from bridge.exceptions import SettingsError
from bridge.limits import address_key
from bridge.proxies import HEAD_BYTES, Origin, body_size, parse_body
from bridge.reception import Reception
from bridge.settings import Settings
from bridge.tls import make_context

__all__ = ["Ports"]

BACKLOG = 4096
# Sockets taken at once, before those that are open get their turn.
MAX_ACCEPTS = 64
# How long to wait for files to be closed when the process has no more.
FULL_PAUSE_S = 0.5
# A charger that does not say goodbye in TLS.
TLS_SHUTDOWN_TIMEOUT_S = 5.0
# One line in so many seconds about sockets that are turned away.
COMPLAINT_INTERVAL_S = 10.0

_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Port:
    """One setting's listening sockets: a name may stand for several addresses."""

    sockets: list[socket.socket]
    context: ssl.SSLContext | None
    is_old: bool = False

    @property
    def number(self) -> int:
        number: int = self.sockets[0].getsockname()[1]
        return number


class Ports:
    """Everything that is listened on."""

    def __init__(self, settings: Settings, reception: Reception) -> None:
        self._settings = settings
        self._reception = reception
        # Plain, TLS and old TLS; those that are switched off are missing.
        self._plain: _Port | None = None
        self._tls: _Port | None = None
        self._old_tls: _Port | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # Sockets turned away since the last line about it.
        self._turned_away = 0
        self._complained_at = -COMPLAINT_INTERVAL_S

    @property
    def numbers(self) -> dict[str, int]:
        """The ports by kind: plain, TLS, old TLS."""
        ports = {"plain": self._plain, "TLS": self._tls, "old TLS": self._old_tls}
        return {kind: port.number for kind, port in ports.items() if port is not None}

    def open(self) -> None:
        """Listen. Raises OSError, or SettingsError for certificates that cannot be used."""
        settings = self._settings
        if settings.tls is not None and settings.tls_port is not None:
            self._tls = _Port([], make_context(settings.tls))
            self._tls.sockets = self._listen(settings.tls_port)
        if settings.tls is not None and settings.old_tls_port is not None:
            context = make_context(settings.tls, is_old=True)
            self._old_tls = _Port(self._listen(settings.old_tls_port), context, is_old=True)
        if settings.has_plain_port:
            self._plain = _Port(self._listen(settings.port), None)
        for port in self._all:
            for one in port.sockets:
                self._watch(one, port)

    def reload(self) -> None:
        """Read the certificates again, for new sockets; what is open stays as it is."""
        files = self._settings.tls
        if files is None:
            return
        secure = [port for port in self._all if port.context is not None]
        try:
            contexts = [make_context(files, is_old=port.is_old) for port in secure]
        except SettingsError as error:
            logger.error("the certificates stay as they were: %s", error)
            return
        for port, context in zip(secure, contexts, strict=True):
            port.context = context
        logger.info("the certificates were read again")

    def close(self) -> None:
        """Take no more sockets, and forget those that have no HTTP yet."""
        loop = asyncio.get_running_loop()
        for port in self._all:
            for one in port.sockets:
                loop.remove_reader(one.fileno())
                one.close()
            port.sockets.clear()
        self._plain = self._tls = self._old_tls = None
        for task in self._tasks:
            task.cancel()

    @property
    def _all(self) -> list[_Port]:
        return [port for port in (self._plain, self._tls, self._old_tls) if port is not None]

    # Listening

    def _listen(self, number: int) -> list[socket.socket]:
        host = self._settings.host
        found = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        sockets: list[socket.socket] = []
        failure: OSError | None = None
        for family, kind, protocol, _, address in found:
            try:
                one = socket.socket(family, kind, protocol)
                sockets.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind(address)
                one.listen(BACKLOG)
                one.setblocking(False)
            except OSError as error:
                sockets.pop().close()
                failure = error
        if failure is not None and (not sockets or failure.errno == errno.EADDRINUSE):
            for one in sockets:
                one.close()
            raise failure
        return sockets

    def _watch(self, listener: socket.socket, port: _Port) -> None:
        if listener.fileno() >= 0:
            loop = asyncio.get_running_loop()
            loop.add_reader(listener.fileno(), self._accept, listener, port)

    def _accept(self, listener: socket.socket, port: _Port) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(MAX_ACCEPTS):
            try:
                client, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _FULL:
                    logger.error("a socket cannot be accepted: %s", error)
                    return
                logger.critical("no more files: nobody can connect (%s)", error)
                loop.remove_reader(listener.fileno())
                loop.call_later(FULL_PAUSE_S, self._watch, listener, port)
                return
            self._arrive(client, str(address[0]), port)

    # Arriving

    def _arrive(self, client: socket.socket, address: str, port: _Port) -> None:
        visit = self._reception.gate.enter()
        if isinstance(visit, str):
            self._turn_away(client, address, visit)
            return
        loop = asyncio.get_running_loop()
        is_proxy = self._settings.proxies.trusts(address)
        if not is_proxy:
            reason = visit.identify(address_key(address), loop.time())
            if reason is not None:
                visit.end()
                self._turn_away(client, address, reason)
                return
        deadline = loop.time() + self._reception.handshake_timeout_s
        arrival = Arrival(visit, address, is_proxy, None, deadline)
        task = loop.create_task(self._receive(client, arrival, port))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _turn_away(self, client: socket.socket, address: str, reason: str) -> None:
        client.close()
        self._turned_away += 1
        now = asyncio.get_running_loop().time()
        if now - self._complained_at >= COMPLAINT_INTERVAL_S:
            logger.warning(
                "turned %d sockets away, the last of %s: %s", self._turned_away, address, reason
            )
            self._turned_away, self._complained_at = 0, now

    async def _receive(self, client: socket.socket, arrival: Arrival, port: _Port) -> None:
        """Bring a socket to its first byte of HTTP; whatever happens, it does not stay unseen."""
        loop = asyncio.get_running_loop()
        is_given_away = False
        try:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if arrival.is_proxy and self._settings.proxies.uses_proxy_protocol:
                origin = await _read_proxy_header(client, arrival.deadline)
                arrival = self._introduce(arrival, origin)
            connection = self._reception.connect(arrival)
            is_given_away = True
            if port.context is None:
                await loop.connect_accepted_socket(lambda: connection, client)
            else:
                await loop.connect_accepted_socket(
                    lambda: connection,
                    client,
                    ssl=port.context,
                    ssl_handshake_timeout=max(arrival.deadline - loop.time(), 0.001),
                    ssl_shutdown_timeout=TLS_SHUTDOWN_TIMEOUT_S,
                )
        except ssl.SSLCertVerificationError as error:
            arrival.visit.end()
            logger.info(
                "refused %s: its client certificate is not valid (%s)",
                arrival.address,
                error.verify_message,
            )
        except ssl.SSLError as error:
            arrival.visit.end()
            if is_distrust(error):
                self._reception.distrust.note(arrival.address, error.reason)
            else:
                logger.debug("dropped %s: %s", arrival.address, error)
        except (OSError, ValueError, TimeoutError) as error:
            # A scanner, HTTP on the TLS port, a client that left (QUIRKS row 15).
            arrival.visit.end()
            logger.debug("dropped %s: %s", arrival.address, error)
        except asyncio.CancelledError:
            arrival.visit.end()
            raise
        except Exception:
            # A defect of ours: one socket's only.
            arrival.visit.end()
            logger.exception("a socket could not be taken")
        finally:
            if not is_given_away:
                client.close()

    @staticmethod
    def _introduce(arrival: Arrival, origin: Origin) -> Arrival:
        """Take the address that a proxy named. Raises ValueError when it has enough."""
        address = origin.address or arrival.address
        if origin.address is not None:
            now = asyncio.get_running_loop().time()
            reason = arrival.visit.identify(address_key(address), now)
            if reason is not None:
                raise ValueError(f"{reason} ({address})")
        return Arrival(arrival.visit, address, False, origin.tls_version, arrival.deadline)


async def _read_proxy_header(client: socket.socket, deadline: float) -> Origin:
    """Read a PROXY header and not one byte more. Raises ValueError, OSError or TimeoutError."""
    async with asyncio.timeout_at(deadline):
        head = await _read(client, HEAD_BYTES)
        return parse_body(head, await _read(client, body_size(head)))


async def _read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await asyncio.get_running_loop().sock_recv(client, size - len(data))
        if not more:
            raise ValueError("it ended within its PROXY header")
        data += more
    return data
