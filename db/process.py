"""Processes by number, safe against a number that is in use again."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_alive", "start_time"]


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none.

    Together with the number this names one process (proc(5), field 22 of stat).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def is_alive(pid: int, started: int | None) -> bool:
    """Whether the process that had this number and start time still runs."""
    return started is not None and start_time(pid) == started
