"""The log files of a running stack: private, and never longer than they may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from db import console


def test_a_log_that_is_full_moves_aside_while_the_stack_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_LOG_LIMIT_BYTES", 1000)
    made = console.Console(tmp_path / "logs", is_foreground=False)
    for number in range(200):
        made.line("bridge", f"line {number} of the bridge")
    names = {path.name for path in made.directory.iterdir()}
    assert names == {"bridge.log", "bridge.log.old"}
    # A line of at most 100 bytes may go beyond the limit.
    assert all(path.stat().st_size <= 1100 for path in made.directory.iterdir())
    assert made.tail("bridge", 1)[0].endswith("line 199 of the bridge")
    kept = (made.directory / "bridge.log.old").read_text().splitlines() + made.tail("bridge", 100)
    numbers = [int(line.split()[2]) for line in kept]
    assert numbers == list(range(numbers[0], 200))
