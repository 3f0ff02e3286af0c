"""`python -m bridge`: run the bridge until SIGTERM or SIGINT, then drain it.

SIGHUP reads the certificates again; open sockets stay.

Exit status: 0 after a drain, 1 when it cannot listen or a task failed, 2 for bad settings.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys

import uvloop

from bridge.exceptions import SettingsError
from bridge.server import Bridge
from bridge.settings import Settings

__all__ = ["main"]

MAX_FILES = 262_144


def main() -> int:
    """Run the bridge; returns the exit status."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        print(f"bridge: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(
        stream=sys.stderr,
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    _raise_file_limit()
    # Thousands of sockets are long-lived objects in few cycles: looking through all of them
    # often would cost more than what is collected.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return uvloop.run(_serve(settings))


def _raise_file_limit() -> None:
    """A socket is a file, and the usual soft limit is a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(MAX_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(settings: Settings) -> int:
    bridge = Bridge(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            # Asked twice: do not wait for anybody.
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    loop.add_signal_handler(signal.SIGHUP, bridge.reload)
    try:
        await bridge.start()
    except SettingsError as error:
        print(f"bridge: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        ports = [settings.port] if settings.has_plain_port else []
        ports += [port for port in (settings.tls_port, settings.old_tls_port) if port is not None]
        print(
            f"bridge: cannot listen on {settings.host}:{' or '.join(map(str, ports))} "
            f"({error.strerror}): stop what uses the port or set VOLTARO_OCPP_PORT",
            file=sys.stderr,
        )
        return 1
    waits = [loop.create_task(stop.wait()), loop.create_task(bridge.crashed.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await bridge.drain()
    return 1 if bridge.crashed.is_set() else 0


if __name__ == "__main__":
    sys.exit(main())
