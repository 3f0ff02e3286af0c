"""Start, stop, reset and describe the stack from outside its supervisor."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.cluster import embedded_cluster
from db.exceptions import StackError
from db.settings import ROOT, Settings
from db.stack import clear_leftovers, has_other_addresses
from db.state import Record, end_process, hold_lock, is_locked, read_record

__all__ = ["find_running", "get_info", "reset", "say_running", "start", "stop"]

_START_TIMEOUT_S = 180.0
_ERROR = "voltaro: "
"""How the detached supervisor's own log marks the sentence that it ends with."""

_STOP_TIMEOUT_S = 60.0

Say = Callable[[str], None]


def find_running(settings: Settings) -> Record | None:
    """The record of the running stack, ready or not; None when nothing runs."""
    record = read_record(settings.home) if is_locked(settings.home) else None
    return record if record is not None and record.is_running else None


def get_info(settings: Settings) -> dict[str, Any]:
    """What `make info` prints. Raises StackError unless the stack runs and answers."""
    record = find_running(settings)
    if record is None:
        raise StackError("voltaro is not running: `make start` or `make up` starts it")
    if record.state != "ready":
        raise StackError("voltaro is still starting: try again in a moment")
    return record.info


def start(settings: Settings, say: Say) -> dict[str, Any]:
    """Start the stack detached and return its info once everything answers.

    Harmless when it runs already. What the supervisor says meanwhile is said too, and that a
    running stack keeps its addresses if the settings have others.
    """
    log = settings.home / "logs" / "stack.log"
    process: subprocess.Popen[bytes] | None = None
    offset = 0
    if is_locked(settings.home):
        say("voltaro is running already")
        offset = log.stat().st_size if log.exists() else 0
    else:
        process = _spawn(log)
    failure: list[str] = []
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        # Before the log is read, or its last lines would be missed.
        has_ended = process.poll() is not None if process else not is_locked(settings.home)
        record = find_running(settings)
        offset, lines = _new_lines(log, offset)
        for line in lines:
            # From the sentence of an error on, everything is that error's.
            if failure or line.startswith(_ERROR):
                failure.append(line.removeprefix(_ERROR))
            else:
                say(line)
        if record is not None and record.state == "ready":
            if process is None:
                _say_addresses(settings, record, say)
            return record.info
        if has_ended:
            raise StackError("\n".join(failure) or f"the start failed: see {log}")
        time.sleep(0.1)
    raise StackError(f"the stack is not ready after {_START_TIMEOUT_S:.0f} s: see {log}")


def say_running(settings: Settings, say: Say) -> None:
    """Say that the stack runs already, and that it keeps its addresses if others are wanted."""
    say("running already: `make info` shows it, `make stop` ends it")
    record = find_running(settings)
    if record is not None and record.state == "ready":
        _say_addresses(settings, record, say)


def _say_addresses(settings: Settings, record: Record, say: Say) -> None:
    if has_other_addresses(settings, record.info):
        say(
            f"it keeps its addresses, {record.info['api_url']} and {record.info['ocpp_url']}: the "
            "settings have others, which count after `make stop`"
        )


def stop(settings: Settings, say: Say) -> bool:
    """End the stack, however it was started, and say whether there was anything to end."""
    record = find_running(settings)
    if record is None:
        with hold_lock(settings.home) as is_free:
            if not is_free:
                raise StackError("voltaro is just starting or stopping: try again in a moment")
            return clear_leftovers(settings, say)
    say("stopping")
    end_process(record.pid, record.started, timeout_s=_STOP_TIMEOUT_S)
    with hold_lock(settings.home) as is_free:
        if is_free:
            # Nothing is left unless the supervisor had to be killed.
            clear_leftovers(settings, say)
    return True


def reset(settings: Settings, say: Say) -> None:
    """Stop, and delete the data, the secrets and the logs of the embedded installation.

    Raises StackError for a server of the user's own, whose data is not ours to delete.
    """
    if settings.external_url is not None:
        raise StackError(
            "DATABASE_URL is set: drop that database yourself, `make reset` only forgets the "
            "embedded one"
        )
    stop(settings, say)
    with hold_lock(settings.home) as is_free:
        if not is_free:
            raise StackError("voltaro was started meanwhile: nothing was deleted")
        embedded_cluster(settings).remove()
        for folder in ("logs", "ca", "tls"):
            shutil.rmtree(settings.home / folder, ignore_errors=True)
        names = ("secrets.json", "jwks.json", "stack.json", "stack.lock")
        ours = [settings.home / name for name in names]
        for path in (*ours, *settings.home.glob("bridge-*.id")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StackError(f"cannot delete {path}: {error.strerror}") from error
    # Anything else in there is not ours.
    with contextlib.suppress(OSError):
        settings.home.rmdir()


def _spawn(log: Path) -> subprocess.Popen[bytes]:
    """Start a supervisor in a session of its own, writing to its log."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "db", "up", "--detached"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            start_new_session=True,
        )


def _new_lines(log: Path, offset: int) -> tuple[int, list[str]]:
    """Whole lines that were added to a log since `offset`, and the offset after them."""
    if not log.exists():
        return offset, []
    with log.open("rb") as file:
        file.seek(offset)
        added = file.read()
    whole = added[: added.rfind(b"\n") + 1]
    return offset + len(whole), whole.decode(errors="replace").splitlines()
