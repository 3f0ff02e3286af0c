"""The bytes of one socket: when they are read, and when the socket is over. No HTTP, no frames.

Reading stops while a charger does not read its answers, while it rests because it sent too much,
and while whoever takes the bytes says so. There is one timer, and only while something is to
end: the handshake, a rest, the closing.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable
from typing import cast

__all__ = ["Stream"]

# Bytes given on at once, so that a full session stops within one such piece.
CHUNK_BYTES = 4096
# Answers that a charger does not read; past that it is not read either.
WRITE_LIMIT_BYTES = 32_768
CLOSE_TIMEOUT_S = 5.0


class Stream(asyncio.Protocol):
    """Flow control over a transport; subclasses take the bytes."""

    __slots__ = (
        "_backlog",
        "_is_reading",
        "_is_resting",
        "_is_write_full",
        "_timer",
        "_transport",
    )

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        # None while the socket is simply open.
        self._timer: asyncio.TimerHandle | None = None
        self._is_reading = True
        self._is_write_full = False
        # True while a charger that sent too much is not read.
        self._is_resting = False
        # What was received while reading was stopped.
        self._backlog = b""

    @property
    def is_awaited(self) -> bool:
        """Whether silence is the charger's: not when it is us who do not read."""
        return self._is_reading or self._is_write_full

    # For subclasses to fill in

    @abstractmethod
    def _receive(self, data: bytes) -> None:
        """Take a piece."""

    @abstractmethod
    def _should_read(self) -> bool:
        """Whether more may come now."""

    @abstractmethod
    def _on_timeout(self) -> None:
        """The time of the handshake, or of the closing, is up."""

    # Callbacks of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(WRITE_LIMIT_BYTES)

    def data_received(self, data: bytes) -> None:
        if self._backlog or not self._is_reading:
            self._backlog += data
        elif len(data) <= CHUNK_BYTES:
            self._receive(data)
        else:
            self._receive_pieces(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._cancel_timer()
        self._transport = None
        self._backlog = b""

    def pause_writing(self) -> None:
        self._is_write_full = True
        self._adjust_reading()

    def resume_writing(self) -> None:
        self._is_write_full = False
        self._adjust_reading()

    # Reading

    def _receive_pieces(self, data: bytes) -> None:
        for start in range(0, len(data), CHUNK_BYTES):
            if not self._is_reading:
                self._backlog = data[start:]
                return
            self._receive(data[start : start + CHUNK_BYTES])

    def _adjust_reading(self) -> None:
        """Begin or stop to read, when what that depends on has changed."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        should_read = self._should_read()
        if should_read == self._is_reading:
            return
        self._is_reading = should_read
        if not should_read:
            transport.pause_reading()
            return
        transport.resume_reading()
        if self._backlog:
            data, self._backlog = self._backlog, b""
            self._receive_pieces(data)

    def _rest(self, wait_s: float) -> None:
        """Do not read for a while."""
        self._is_resting = True
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._on_rested)
        self._adjust_reading()

    def _on_rested(self) -> None:
        self._timer = None
        self._is_resting = False
        self._adjust_reading()

    # Writing

    def _write(self, pieces: Iterable[bytes]) -> None:
        """Write; an empty piece ends the stream."""
        transport = self._transport
        for data in pieces:
            if transport is None or transport.is_closing():
                continue
            if data:
                transport.write(data)
                continue
            try:
                transport.write_eof()
            except (OSError, RuntimeError, NotImplementedError):
                transport.close()
            if self._timer is None or self._is_resting:
                self._is_resting = False
                self._end_soon()

    # Ending

    def abort(self) -> None:
        """End the TCP connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _end_soon(self) -> None:
        """Give the other side a few seconds to end the connection itself."""
        self._cancel_timer()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self._on_timeout)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
