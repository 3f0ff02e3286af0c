"""`python -m tests.bench [--only bridge|api|commands]`: run the benchmarks, one JSON line a figure.

The exit status is 1 when a limit is broken (a goal is none), 0 otherwise. Progress and the
limits that broke go to standard error, the figures alone to standard output.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from tests.bench import api, bridge, commands
from tests.bench.report import Figure, emit

__all__ = ["main"]

_BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "bridge": bridge.measure,
    "api": api.measure,
    "commands": commands.measure,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments, or the variable ONLY, ask for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only",
        choices=sorted(_BENCHES),
        default=os.environ.get("ONLY") or None,
        help="run these alone",
    )
    only = parser.parse_args(argv).only
    broken = []
    for name, measure in _BENCHES.items():
        if only not in (None, name):
            continue
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        for figure in measure():
            emit(figure)
            if not figure.is_within_limit:
                broken.append(figure.name)
    for name in broken:
        print(f"bench: {name} is over its limit", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
