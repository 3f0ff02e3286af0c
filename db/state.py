"""What is running: a lock that lives as long as the supervisor, and a record beside it.

The lock is flock(2), so a supervisor that was killed holds nothing. The record names the
processes by number and start time, so that what a killed supervisor left can be ended safely.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.exceptions import StackError
from db.process import is_alive, start_time

__all__ = ["Record", "end_process", "hold_lock", "is_locked", "read_record", "write_record"]


@dataclass(slots=True)
class Record:
    """Content of stack.json."""

    pid: int
    started: int | None
    state: str = "starting"
    """`starting` or `ready`."""
    parts: dict[str, dict[str, int | None]] = field(default_factory=dict)
    """Name to process number and start time."""
    info: dict[str, Any] = field(default_factory=dict)
    """What `make info` prints."""

    @property
    def is_running(self) -> bool:
        """Whether the supervisor itself is alive."""
        return is_alive(self.pid, self.started)

    def note_part(self, name: str, pid: int) -> None:
        """Remember the process of a part."""
        self.parts[name] = {"pid": pid, "started": start_time(pid)}


@contextlib.contextmanager
def hold_lock(home: Path) -> Iterator[bool]:
    """Try to take the lock of an installation; yield whether it was free."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "stack.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StackError(f"cannot open {home}/stack.lock: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_locked(home: Path) -> bool:
    """Whether a supervisor is running (starting and stopping included)."""
    with hold_lock(home) as is_free:
        return not is_free


def read_record(home: Path) -> Record | None:
    """Read stack.json; None when there is none or it is of no use."""
    try:
        return Record(**json.loads((home / "stack.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_record(home: Path, record: Record | None) -> None:
    """Write stack.json whole (it holds the demo passwords, so it is private), or remove it."""
    path = home / "stack.json"
    if record is None:
        path.unlink(missing_ok=True)
        return
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(
            {
                "pid": record.pid,
                "started": record.started,
                "state": record.state,
                "parts": record.parts,
                "info": record.info,
            },
            file,
        )
    temporary.replace(path)


def end_process(pid: int, started: int | None, *, timeout_s: float = 10.0) -> bool:
    """End a process that may not be a child: SIGTERM, then SIGKILL. Say whether it ran."""
    if not is_alive(pid, started):
        return False
    for attempt in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, attempt)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not is_alive(pid, started):
                return True
            time.sleep(0.02)
    raise StackError(f"process {pid} does not end")
