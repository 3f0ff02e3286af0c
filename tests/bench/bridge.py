"""Messages through the bridge, against the same functions called singly; memory of idle sockets."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence

import psutil

from tests.bench.fleet import CHARGERS, LoadGenerator, running_fleet
from tests.bench.report import Figure
from tests.bench.sql import SingleCalls
from tests.e2e.accounts import Account
from tests.e2e.installation import Installation

__all__ = ["measure"]

KINDS = ("heartbeat", "meter_values", "sessions")
SIZES = (16, 128, 1000)

RATIO_GOAL = 1.5
IDLE_LIMIT_KIB = 20

_WARM_UP_S = 1.5
_MEASURE_S = 5
_IDLE = 2_000
_IDLE_SETTLE_S = 12.0
"""Longer than the bridge's interval of reports, so that one is in the figure."""


def measure() -> Iterator[Figure]:
    """Run everything that needs charge points; some two minutes."""
    with running_fleet() as (installation, chargers):
        # pgbench and the bridge have charge points of their own, so that neither finds what
        # the other left behind.
        most = SIZES[-1]
        singles = yield from _measure_single(installation, chargers[most : 2 * most])
        for size in SIZES:
            yield from _measure_bridge(installation, chargers[:size], singles)
        yield from _measure_idle(installation, chargers)


def _measure_single(
    installation: Installation, chargers: Sequence[Account]
) -> Generator[Figure, None, dict[str, float]]:
    """Call singly with pgbench; return messages per second by kind."""
    singles: dict[str, float] = {}
    calls = SingleCalls(installation, chargers)
    for kind in ("heartbeat", "sessions", "meter_values"):
        if kind == "meter_values":
            calls.start_sessions()
        single = calls.run(kind, measure_s=_MEASURE_S)
        singles[kind] = single.messages_per_s
        yield Figure(f"sql.{kind}", single.messages_per_s, "messages/s")
        yield Figure(f"sql.{kind}.mean", single.latency_ms, "ms")
        yield from _cpu(f"sql.{kind}", single.cpu)
    return singles


def _measure_bridge(
    installation: Installation, chargers: Sequence[Account], singles: dict[str, float]
) -> Iterator[Figure]:
    """The same through the bridge, each charger with one call outstanding."""
    installation.start_bridge()
    assert installation.bridge is not None
    processes = {
        "bridge": installation.bridge.pid,
        "postgres": installation.cluster.running_pid() or 0,
    }
    with LoadGenerator() as load:
        load.connect(installation, chargers)
        for kind in KINDS:
            result = load.run(kind, warm_up_s=_WARM_UP_S, measure_s=_MEASURE_S, processes=processes)
            name = f"bridge.{kind}.{len(chargers)}"
            if result["refused"]:
                raise RuntimeError(f"{name}: {result['refused']} refused: {result['refusal']}")
            messages_per_s = result["messages"] / result["seconds"]
            yield Figure(
                name,
                messages_per_s,
                "messages/s",
                ratio=messages_per_s / singles[kind],
                goal=RATIO_GOAL if len(chargers) == SIZES[-1] else None,
            )
            yield Figure(f"{name}.p50", result["p50_ms"], "ms")
            yield Figure(f"{name}.p99", result["p99_ms"], "ms")
            yield from _cpu(name, result["cpu"])
    installation.drain_bridge()


def _measure_idle(installation: Installation, chargers: Sequence[Account]) -> Iterator[Figure]:
    """Memory that an idle connection costs: growth over 2,000, after some hundreds to warm up."""
    installation.start_bridge()
    assert installation.bridge is not None
    process = psutil.Process(installation.bridge.pid)
    with LoadGenerator() as load:
        load.connect(installation, chargers[_IDLE:CHARGERS])
        before = process.memory_info().rss
        load.connect(installation, chargers[:_IDLE])
        after = before
        until = time.monotonic() + _IDLE_SETTLE_S
        while time.monotonic() < until:
            after = max(after, process.memory_info().rss)
            time.sleep(0.5)
    installation.drain_bridge()
    yield Figure("bridge.idle_kib", (after - before) / 1024 / _IDLE, "KiB", limit=IDLE_LIMIT_KIB)


def _cpu(name: str, cores: dict[str, float]) -> Iterator[Figure]:
    for process, used in cores.items():
        yield Figure(f"{name}.cpu.{process}", used, "cores")
