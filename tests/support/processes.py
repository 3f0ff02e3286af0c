"""Real processes for tests: started on a free port, awaited by asking, ended with the test."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db import parts
from db.settings import ROOT, Settings

__all__ = [
    "RunningBridge",
    "RunningPart",
    "free_port",
    "running",
    "running_bridge",
    "running_jobs",
    "running_postgrest",
    "wait_until",
]


@dataclass(frozen=True, slots=True)
class RunningPart:
    """A part that answers; its output goes to `log`."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str


@dataclass(frozen=True, slots=True)
class RunningBridge(RunningPart):
    """A bridge; `url` is what a charger appends its identity to."""

    port: int


def free_port() -> int:
    """A port that nothing listens on, below the range that the kernel hands out itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20.0, what: str) -> None:
    """Ask until `condition` holds. Raises TimeoutError saying `what` did not happen."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {timeout_s:.0f} s: {what}")
        time.sleep(0.02)


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], *, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the context lasts; SIGTERM ends it, SIGKILL if it must."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def running_postgrest(settings: Settings, directory: Path) -> Iterator[RunningPart]:
    """PostgREST on the database of `settings`, ready to answer; `directory` takes its files."""
    chosen = replace(settings, api_port=free_port())
    admin_port = free_port()
    jwks = parts.write_jwks(chosen, directory / "jwks.json")
    log = directory / "postgrest.log"
    environment = parts.postgrest_environment(chosen, jwks=jwks, admin_port=admin_port)
    with running([str(parts.find_postgrest())], environment, log=log) as process:
        _await_answer(process, log, lambda: _answers(f"http://127.0.0.1:{admin_port}/ready"))
        yield RunningPart(process, log, f"http://127.0.0.1:{chosen.api_port}")


@contextlib.contextmanager
def running_jobs(
    settings: Settings, home: Path, *, log: Path | None = None, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The jobs runner on the database of `settings`; `home` takes its files, and jobs.log."""
    variables = {**parts.jobs_environment(settings), "VOLTARO_HOME": str(home), **environment}
    command = parts.module_command("jobs")
    with running(command, variables, log=log or home / "jobs.log") as process:
        yield process


@contextlib.contextmanager
def running_bridge(
    settings: Settings,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    waits_for_database: bool = True,
) -> Iterator[RunningBridge]:
    """The bridge on the database of `settings`; `directory` takes its log.

    It listens before it has its database, and refuses chargers until then.
    """
    chosen = replace(settings, ocpp_port=free_port())
    log = directory / "bridge.log"
    variables = {**parts.bridge_environment(chosen), **(environment or {})}
    with running(parts.module_command("bridge"), variables, log=log) as process:
        health = f"http://127.0.0.1:{chosen.ocpp_port}/health"
        _await_answer(
            process,
            log,
            lambda: _answers(health) if waits_for_database else _listens(chosen.ocpp_port),
        )
        url = f"ws://127.0.0.1:{chosen.ocpp_port}"
        yield RunningBridge(process, log, url, chosen.ocpp_port)


def _await_answer(
    process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]
) -> None:
    def ended_or_ready() -> bool:
        return process.poll() is not None or is_ready()

    try:
        wait_until(ended_or_ready, what="an answer")
    except TimeoutError as error:
        raise AssertionError(f"{error}; its log:\n{log.read_text()[-3000:]}") from None
    if process.returncode is not None:
        raise AssertionError(
            f"ended with status {process.returncode}; its log:\n{log.read_text()[-3000:]}"
        )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http URL
            return bool(answer.status == 200)
    except OSError:
        return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
