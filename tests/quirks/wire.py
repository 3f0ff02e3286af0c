"""A charger's socket by hand: blocking, so that each byte goes out when a test says so.

Just enough of RFC 6455 for a client that may stop in the middle of a frame.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from tests.bridge.chargers import KEY, basic, masked_frame, upgrade_request

__all__ = ["Closed", "Wire"]

TIMEOUT_S = 20.0
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class Closed(Exception):
    """The socket is closed; what had been sent may have arrived."""


@dataclass(slots=True)
class Wire:
    """One open WebSocket."""

    _socket: socket.socket
    _received: bytearray = field(default_factory=bytearray)
    is_open: bool = True

    @classmethod
    def open(cls, port: int, identity: str) -> Wire:
        """Do the handshake of a charger. Raises Closed when it is refused."""
        opened = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = cls(opened)
        request = upgrade_request(f"/{identity}", authorization=basic(identity, KEY))
        try:
            opened.sendall(request)
            while b"\r\n\r\n" not in wire._received:
                wire._read(TIMEOUT_S)
        except OSError as error:
            raise Closed from error
        head, _, rest = bytes(wire._received).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            wire.cut()
            raise Closed(head[:40].decode())
        wire._received = bytearray(rest)
        return wire

    def send(self, text: str) -> None:
        """Send a text frame. Raises Closed."""
        self._send(masked_frame(0x81, text.encode()))

    def send_part(self, text: str, share: float) -> None:
        """Send the beginning of a text frame and lose the power."""
        frame = masked_frame(0x81, text.encode())
        with contextlib.suppress(Closed):
            self._send(frame[: int(len(frame) * share)])
        self.cut()

    def receive(self, timeout_s: float = TIMEOUT_S) -> str | None:
        """The next text frame, None when none comes in time. Raises Closed."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._next_frame()
            if frame is None:
                try:
                    if not self._read(max(0.0, deadline - time.monotonic())):
                        return None
                except OSError as error:
                    self.cut()
                    raise Closed from error
                continue
            opcode, payload = frame
            if opcode == TEXT:
                return payload.decode()
            if opcode == PING:
                self._send(masked_frame(0x80 | PONG, payload))
            elif opcode == CLOSE:
                with contextlib.suppress(Closed):
                    self._send(masked_frame(0x80 | CLOSE, payload[:2]))
                self.cut()
                raise Closed(str(struct.unpack(">H", payload[:2])[0]) if payload else "")

    def cut(self) -> None:
        """End the TCP connection without a word."""
        if self.is_open:
            self.is_open = False
            # With a reset, as a power cut looks once anybody notices.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.close()

    def leave(self) -> None:
        """Say goodbye; what was sent before counts."""
        if self.is_open:
            with contextlib.suppress(Closed):
                self._send(masked_frame(0x80 | CLOSE, struct.pack(">H", 1000)))
            with contextlib.suppress(Closed):
                while self.receive() is not None:
                    pass
            self.cut()

    def _send(self, data: bytes) -> None:
        if not self.is_open:
            raise Closed
        try:
            self._socket.sendall(data)
        except OSError as error:
            self.cut()
            raise Closed from error

    def _read(self, timeout_s: float) -> bool:
        """Wait for bytes; whether some came. Raises OSError, also at the end of the stream."""
        if not self.is_open:
            raise ConnectionResetError
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return False
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionResetError
        self._received += data
        return True

    def _next_frame(self) -> tuple[int, bytes] | None:
        data = self._received
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if size == 126:
            start, size = 4, int.from_bytes(data[2:4], "big")
        elif size == 127:
            start, size = 10, int.from_bytes(data[2:10], "big")
        if len(data) < start + size:
            return None
        frame = data[0] & 0x0F, bytes(data[start : start + size])
        del data[: start + size]
        return frame
