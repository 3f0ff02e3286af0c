"""What it costs to make the documents of an invoice: the PDF/A-3, both e-invoices, every check.

In time of the processor, all threads together: what one core would take that does nothing else.
Each invoice has a number of its own and between one and fifteen sessions, eight on average.
Reading the description and storing the bytes is not in it: that is PostgreSQL's work, and a few
milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psutil

from jobs.documents.maker import Maker
from tests.bench.report import Figure
from tests.support.invoices import describe, line

__all__ = ["measure"]

INVOICES = 300
WARM = 30


def measure() -> Iterator[Figure]:
    """Time a run, and see what it leaves in memory."""
    maker = Maker()
    for number in range(WARM):
        maker.make(_invoice(number))
    before = psutil.Process().memory_info().rss
    began = time.process_time()
    for number in range(INVOICES):
        maker.make(_invoice(number))
    seconds = time.process_time() - began
    grown = psutil.Process().memory_info().rss - before
    yield Figure("documents.rate", INVOICES / seconds, "invoices/s", goal=20.0)
    yield Figure("documents.one", seconds / INVOICES * 1000, "ms")
    yield Figure("documents.memory_grown", grown / 2**20, "MiB", limit=200.0)


def _invoice(number: int) -> dict[str, Any]:
    lines = [line(position, "10.00", "11.90") for position in range(1, number % 15 + 2)]
    return describe(lines, number=f"INV-2026-{number:06d}")
