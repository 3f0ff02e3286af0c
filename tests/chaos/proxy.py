"""A TCP proxy with faults: it cuts, holds and slows what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

__all__ = ["FaultyProxy"]

_CHUNK_BYTES = 16_384


class FaultyProxy:
    """Passes connections on to one address, until it is told to do worse."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """`host` and `port` are where connections are passed on to."""
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self.bytes_per_s: float | None = None
        """Most that a connection carries in each direction; None is no limit."""
        self.refuses = False
        """Whether new connections are closed at once."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> int:
        """Reset every connection, both ends; return how many there were."""
        links = list(self._links)
        for link in links:
            link.abort()
        return len(links)

    def hold(self) -> int:
        """Leave every connection half open for ever: nothing passes, nothing is closed."""
        links = list(self._links)
        for link in links:
            link.is_held = True
        return len(links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (writer, far_writer))
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(link.pump(reader, far_writer))
                tasks.create_task(link.pump(far_reader, writer))
        except* OSError:
            pass
        finally:
            self._links.discard(link)
            link.abort()


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: FaultyProxy, writers: tuple[asyncio.StreamWriter, ...]) -> None:
        self._proxy = proxy
        self._writers = writers
        self._is_cut = asyncio.Event()
        self.is_held = False

    def abort(self) -> None:
        """Reset both ends."""
        self._is_cut.set()
        for writer in self._writers:
            writer.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes in one direction until the end."""
        while data := await reader.read(_CHUNK_BYTES):
            if self.is_held:
                await self._is_cut.wait()
                return
            await self._carry(data, writer)
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _carry(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        rate = self._proxy.bytes_per_s
        if rate is None:
            writer.write(data)
            await writer.drain()
            return
        # A tenth of a second's worth at a time; the pauses are the fault.
        step = max(1, int(rate / 10))
        for begin in range(0, len(data), step):
            writer.write(data[begin : begin + step])
            await writer.drain()
            await asyncio.sleep(0.1)
