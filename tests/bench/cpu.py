"""CPU time of processes with their children, as cores over a stretch of time."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psutil

__all__ = ["CpuMeter"]


class CpuMeter:
    """Measures named process trees."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        """`processes` maps a name to the process id at the root of a tree."""
        self._roots = dict(processes)
        self._before: dict[str, float] = {}
        self._began = 0.0

    def start(self) -> None:
        """Begin to count."""
        self._before = {name: _seconds(root) for name, root in self._roots.items()}
        self._began = time.perf_counter()

    def stop(self) -> dict[str, float]:
        """Return the cores each tree used since `start` (1.0 is one core, all the time)."""
        seconds = time.perf_counter() - self._began
        return {
            name: (_seconds(root) - self._before[name]) / seconds
            for name, root in self._roots.items()
        }


def _seconds(root: int) -> float:
    """CPU time of a tree so far; children that were waited for count in their parent."""
    process = psutil.Process(root)
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if one.pid == root:
            total += times.children_user + times.children_system
    return total
