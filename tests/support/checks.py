"""The static checks of `make lint` and `make test`: python -m tests.support.checks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from db.settings import ROOT

__all__ = ["main"]

_BIN = Path(sys.executable).parent


def _commands() -> dict[str, Sequence[str]]:
    migrations = sorted(str(path) for path in (ROOT / "db" / "migrations").glob("*.sql"))
    scripts = ["bootstrap.sh", ".ci/run", *sorted(map(str, (ROOT / "docker").glob("*.sh")))]
    return {
        "mypy": [str(_BIN / "mypy")],
        "sqlfluff": [str(_BIN / "sqlfluff"), "lint", "--disable-progress-bar", "db"],
        "ruff": [str(_BIN / "ruff"), "check", "."],
        "ruff format": [str(_BIN / "ruff"), "format", "--check", "."],
        "squawk": [str(_BIN / "squawk"), *migrations],
        "sh": ["sh", "-n", *scripts],
    }


def _run(command: Sequence[str]) -> tuple[int, str, float]:
    began = time.monotonic()
    result = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout + result.stderr, time.monotonic() - began


def main() -> int:
    """Run all checks, two at a time; print one line each and the output of what failed."""
    commands = _commands()
    failures = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(_run, commands.values())
        for name, (status, output, seconds) in zip(commands, results, strict=True):
            print(f"{'ok' if status == 0 else 'FAILED':<7}{name} ({seconds:.1f} s)", flush=True)
            if status != 0:
                failures += 1
                print(output, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
