"""The command of `make fuzz`: python -m tests.fuzz [SECONDS]."""

from __future__ import annotations

import sys

from tests.fuzz.fuzzing import fuzz_all


def main() -> int:
    """Fuzz for so many seconds (60); print what was run, and what was found with its input."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    status = 0
    for outcome in fuzz_all(seconds=seconds):
        stats = [line for line in outcome.output.splitlines() if line.startswith("stat::number")]
        print(f"{'ok' if outcome.is_clean else 'FOUND':<7}{outcome.target} {' '.join(stats)}")
        if not outcome.is_clean:
            status = 1
            print(outcome.output[-6000:])
            print(f"the input, for tests/fuzz/seeds.py: {outcome.finding!r}")
    return status


if __name__ == "__main__":
    sys.exit(main())
