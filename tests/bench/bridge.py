"""Messages through the bridge, against the same functions called singly; memory of idle sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice

import psutil

from tests.bench.fleet import CHARGERS, LoadGenerator, running_fleet
from tests.bench.report import Figure
from tests.bench.sql import Single, SingleCalls
from tests.e2e.accounts import Account
from tests.e2e.installation import Installation

__all__ = ["measure"]

KINDS = ("heartbeat", "sessions", "meter_values")
SIZES = (16, 128, 1000)
SINGLES = 992
"""Charge points of pgbench: the same number for each of its 16 clients."""

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
        # Every group of charge points is used for one size alone, so that none finds what
        # another left behind. A kind's figures are taken one right after the other.
        unused = iter(chargers)
        calls = SingleCalls(installation, list(islice(unused, SINGLES)))
        groups = [list(islice(unused, size)) for size in SIZES]
        installation.start_bridge()
        with LoadGenerator() as load:
            for kind in KINDS:
                single = calls.run(kind, measure_s=_MEASURE_S)
                yield Figure(f"sql.{kind}", single.messages_per_s, "messages/s")
                yield Figure(f"sql.{kind}.mean", single.latency_ms, "ms")
                yield from _cpu(f"sql.{kind}", single.cpu)
                for group in groups:
                    load.connect(installation, group)
                    yield from _measure_kind(installation, load, kind, len(group), single)
                    load.disconnect()
        installation.drain_bridge()
        yield from _measure_idle(installation, chargers)


def _measure_kind(
    installation: Installation, load: LoadGenerator, kind: str, size: int, single: Single
) -> Iterator[Figure]:
    """Messages through the bridge; each charger has one call outstanding."""
    assert installation.bridge is not None
    processes = {
        "bridge": installation.bridge.pid,
        "postgres": installation.cluster.running_pid() or 0,
    }
    result = load.run(kind, warm_up_s=_WARM_UP_S, measure_s=_MEASURE_S, processes=processes)
    name = f"bridge.{kind}.{size}"
    if result["refused"]:
        raise RuntimeError(f"{name}: {result['refused']} refused: {result['refusal']}")
    messages_per_s = result["messages"] / result["seconds"]
    yield Figure(
        name,
        messages_per_s,
        "messages/s",
        ratio=messages_per_s / single.messages_per_s,
        goal=RATIO_GOAL if size == SIZES[-1] else None,
    )
    yield Figure(f"{name}.p50", result["p50_ms"], "ms")
    yield Figure(f"{name}.p99", result["p99_ms"], "ms")
    yield from _cpu(name, result["cpu"])


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
