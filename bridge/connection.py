"""One socket: HTTP upgrade first, then WebSocket frames, on the library's core without I/O.

There is no task and no timer for an open socket: pings come from one scheduler for all
(registry.py), and a message goes from the socket's callback straight to its session. That is
what keeps an idle connection small. When it is read and when it is over is told by stream.py.
"""

from __future__ import annotations

import asyncio
import http
import logging
import random
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from bridge.limits import FRAME_BYTES, Allowance, Visit
from bridge.session import POLICY_VIOLATION, Session
from bridge.stream import Stream

__all__ = ["Arrival", "Connection", "retry_later"]

# A control frame holds 125 bytes, two of them the code (RFC 6455 §5.5.1).
MAX_REASON_BYTES = 123
ABNORMAL = 1006

logger = logging.getLogger(__name__)
# The library reports each socket at level info.
_library_logger = logging.getLogger("bridge.websockets")
_library_logger.setLevel(logging.WARNING)
# What is left of the library's core when a socket is gone.
_GONE = ServerProtocol(state=State.CLOSED, logger=_library_logger)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A socket that was let in, before its first byte of HTTP."""

    visit: Visit
    address: str
    """Of the client as far as is known: behind a proxy that sends HTTP it is the proxy's."""
    is_proxy: bool
    """Whether header lines may say who it really is."""
    tls_version: str | None
    """Of TLS that a proxy ended; that of our own TLS is the transport's."""
    deadline: float
    """Event loop time at which its handshake must be over."""


class Connection(Stream):
    """The transport layer of one charger, or of whatever else connects."""

    __slots__ = (
        "_allowance",
        "_close_reason",
        "_deadline",
        "_fragments",
        "_is_admitting",
        "_is_ending",
        "_on_end",
        "_on_request",
        "_protocol",
        "answers_pings",
        "is_behind_proxy",
        "last_frame_at",
        "remote_address",
        "session",
        "tls_version",
        "visit",
    )

    def __init__(
        self,
        arrival: Arrival,
        *,
        on_request: Callable[[Connection, Request], None],
        on_end: Callable[[Connection, int, str], None],
    ) -> None:
        super().__init__()
        self._on_request = on_request
        self._on_end = on_end
        self._protocol = ServerProtocol(logger=_library_logger)
        # Event loop time at which the handshake must be over.
        self._deadline = arrival.deadline
        # True from the complete request to its response: nothing may come meanwhile.
        self._is_admitting = False
        # True once we began to close: what comes then is ignored.
        self._is_ending = False
        self._allowance: Allowance | None = None
        self._fragments: list[bytes] | None = None
        self._close_reason = ""
        self.answers_pings = False
        """Whether a pong ever came."""
        self.last_frame_at = 0.0
        """Event loop time of the last bytes, a pong's included."""
        # An address names few networks: many sockets share the string.
        self.remote_address = sys.intern(arrival.address)
        self.is_behind_proxy = arrival.is_proxy
        """Whether header lines may say whose socket it is."""
        self.tls_version = arrival.tls_version
        """Of the TLS between charger and us, or its proxy; None without."""
        self.visit = arrival.visit
        self.session: Session | None = None
        """Set from the upgrade on."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._protocol.state is State.OPEN and self.session is not None

    @property
    def is_admitting(self) -> bool:
        """Whether a request waits for its response, and there is somebody to send it to."""
        transport = self._transport
        return self._is_admitting and transport is not None and not transport.is_closing()

    def client_certificate(self) -> bytes | None:
        """The client certificate in DER, which the TLS layer found valid; None without."""
        transport = self._transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        return tls.getpeercert(True) if isinstance(tls, ssl.SSLObject) else None

    # Callbacks of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._timer = asyncio.get_running_loop().call_at(self._deadline, self._on_timeout)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self.tls_version = sys.intern(tls.version() or "TLS")

    def data_received(self, data: bytes) -> None:
        if not self.last_frame_at and not _is_http(data[0]):
            # A TLS hello, a scanner (QUIRKS row 15): nothing to wait for.
            self._abort("not HTTP")
            return
        self.last_frame_at = asyncio.get_running_loop().time()
        super().data_received(data)

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._protocol.receive_eof()
        code, reason = self._close_code_and_reason()
        _take_apart(self._protocol)
        self._protocol = _GONE
        self._on_end(self, code, reason)
        self.session = None

    # Receiving

    def _receive(self, data: bytes) -> None:
        protocol = self._protocol
        if protocol.state is State.CLOSED:
            return
        protocol.receive_data(data)
        events = protocol.events_received()
        self._flush()
        calls, size = 0, len(data)
        for event in events:
            if isinstance(event, Frame):
                if event.opcode is Opcode.TEXT and event.fin:
                    calls += 1
                else:
                    size += FRAME_BYTES
                self._receive_frame(event)
            elif isinstance(event, Request):
                self._receive_request(event)
        if self._allowance is not None:
            self._charge(self._allowance, calls, size)
        if self.session is not None and self._is_reading and self.session.is_full:
            self._adjust_reading()

    def _charge(self, allowance: Allowance, calls: int, size: int) -> None:
        """Count what came; a charger that sends too much is read later."""
        now = asyncio.get_running_loop().time()
        wait_s = allowance.charge(now, calls=calls, size=size)
        if not wait_s or self._is_ending or self._is_resting:
            return
        if allowance.is_exceeded(now):
            self.close(POLICY_VIOLATION, "too many messages for too long")
            return
        self._rest(wait_s)

    def _receive_request(self, request: Request) -> None:
        if self._protocol.close_expected():
            # Garbage behind the request: the library has given the connection up.
            self._abort("data before the upgrade was answered")
            return
        self._is_admitting = True
        self._adjust_reading()
        self._on_request(self, request)

    def _receive_frame(self, frame: Frame) -> None:
        session = self.session
        if session is None:
            if self._is_admitting:
                self._abort("data before the upgrade was answered")
        elif frame.opcode is Opcode.TEXT and frame.fin:
            self._receive_text(session, frame.data)
        elif frame.opcode is Opcode.TEXT:
            self._fragments = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._receive_fragment(session, frame)
        elif frame.opcode is Opcode.PONG:
            self.answers_pings = True
        elif frame.opcode is Opcode.BINARY:
            # OCPP-J 1.6 §4.2: messages are text.
            self._fragments = None
            self.close(1003, "text frames only")

    def _receive_fragment(self, session: Session, frame: Frame) -> None:
        if self._fragments is None:
            return
        self._fragments.append(bytes(frame.data))
        if self._allowance is None or len(self._fragments) > self._allowance.limits.max_fragments:
            self._fail(1009, "too many fragments")
        elif frame.fin:
            data, self._fragments = b"".join(self._fragments), None
            self._receive_text(session, data)

    def _receive_text(self, session: Session, data: bytes | bytearray | memoryview) -> None:
        # The state of the protocol does not tell: a call may stand right before the charger's own
        # close frame, and counts. What stands behind it is dropped by the library.
        if self._is_ending:
            return
        try:
            text = str(data, "utf-8")
        except UnicodeDecodeError:
            # RFC 6455 §8.1.
            self._fail(1007, "not UTF-8")
            return
        try:
            session.receive(text)
        except Exception:
            # A defect of ours: this charger reconnects, and no other notices.
            logger.exception("a message could not be taken")
            self._fail(1011, "internal error")

    # Sending

    def respond(self, response: Response) -> None:
        """Answer the request with anything but an upgrade; the connection ends."""
        if not self.is_admitting:
            return
        self._is_admitting = False
        self._protocol.send_response(response)
        self._flush()
        self._end_soon()
        self._adjust_reading()

    def refuse(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        """Answer the request with an HTTP status and a line of text."""
        response = self._protocol.reject(http.HTTPStatus(status), text)
        for name, value in (headers or {}).items():
            response.headers[name] = value
        self.respond(response)

    def accept(self, request: Request) -> Response:
        """Check the request as RFC 6455 §4.2.1 says; the response has status 101 or an error."""
        # Subprotocols are the database's to choose, and odd names no reason to fail (row 3).
        if "Sec-WebSocket-Protocol" in request.headers:
            del request.headers["Sec-WebSocket-Protocol"]
        return self._protocol.accept(request)

    def upgrade(
        self,
        response: Response,
        *,
        subprotocol: str | None,
        max_frame_bytes: int,
        session: Session | None,
        allowance: Allowance | None,
    ) -> None:
        """Send the 101 and begin with frames; without a session the caller closes at once."""
        if subprotocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        self._protocol.send_response(response)
        self._flush()
        self._cancel_timer()
        # The first core keeps the request; a fresh one holds nothing but its state.
        _take_apart(self._protocol)
        self._protocol = ServerProtocol(
            state=State.OPEN, max_size=max_frame_bytes, logger=_library_logger
        )
        self.session = session
        self._allowance = allowance
        self.visit.finish()
        self._is_admitting = False
        self.last_frame_at = asyncio.get_running_loop().time()
        self._adjust_reading()

    def send(self, frame: bytes) -> bool:
        """Send a text message; False, and nothing, when the socket is not open any more."""
        protocol, transport = self._protocol, self._transport
        if protocol.state is not State.OPEN or transport is None or transport.is_closing():
            return False
        protocol.send_text(frame)
        for data in protocol.data_to_send():
            transport.write(data)
        return True

    def ping(self) -> None:
        """Ask for a sign of life, unless the charger does not even read what it was sent."""
        if self.is_open and not self._is_write_full:
            self._protocol.send_ping(b"ping")
            self._flush()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; what still comes in is ignored."""
        self._is_ending = True
        if self._protocol.state is not State.OPEN or self._transport is None:
            return
        reason = reason.encode()[:MAX_REASON_BYTES].decode("utf-8", "ignore")
        try:
            Close(code, reason).check()
        except ProtocolError:
            code = 1000
        self._close_reason = reason
        self._protocol.send_close(code, reason)
        self._flush()
        self._end_soon()
        self._adjust_reading()

    def resume(self) -> None:
        """The session takes frames again."""
        self._adjust_reading()

    # Ending

    def _abort(self, why: str) -> None:
        logger.debug("dropped %s: %s", self.remote_address, why)
        self.abort()

    def _fail(self, code: int, reason: str) -> None:
        self._is_ending = True
        self._close_reason = reason
        self._protocol.fail(code, reason)
        self._flush()

    def _on_timeout(self) -> None:
        self._timer = None
        if self.is_admitting:
            # The database is slow: an answer that says so brings the charger back later.
            logger.info("refused %s: the handshake waited too long", self.remote_address)
            self.refuse(503, "service unavailable", retry_later())
            return
        if self._protocol.state is State.CONNECTING:
            logger.debug("dropped %s: the handshake took too long", self.remote_address)
        self.abort()

    def _close_code_and_reason(self) -> tuple[int, str]:
        """What ended the connection: our close frame, the charger's, or neither (1006)."""
        sent, received = self._protocol.close_sent, self._protocol.close_rcvd
        if received is not None and self._protocol.close_rcvd_then_sent:
            return int(received.code), received.reason
        if sent is not None:
            return int(sent.code), sent.reason
        return ABNORMAL, ""

    # Flow

    def _should_read(self) -> bool:
        """Not while the handshake, the session or the charger's own deafness forbids it."""
        if self._is_admitting:
            return False
        if self._protocol.state is not State.OPEN:
            return True
        session = self.session
        return not (
            self._is_write_full or self._is_resting or (session is not None and session.is_full)
        )

    def _flush(self) -> None:
        """Write what the library wants to be written."""
        self._write(self._protocol.data_to_send())


def _take_apart(protocol: ServerProtocol) -> None:
    """Free a core that is done with: it refers to itself, and cycles are looked for rarely."""
    vars(protocol).clear()


def retry_later() -> dict[str, str]:
    """The header that spreads the next tries of chargers that were refused for now."""
    return {"Retry-After": str(random.randint(5, 30))}


def _is_http(first: int) -> bool:
    """Whether a byte can begin a request line (RFC 9112 §2.2 lets empty lines come first)."""
    return 0x41 <= first <= 0x5A or first in b"\r\n"
