"""`python -m tests.bench [--full] [--only <name>]`: run the benchmarks, one JSON line a figure.

`--full` runs the long ones alone, which may take half an hour.

The exit status is 1 when a limit is broken (a goal is none), 0 otherwise. Progress and the
limits that broke go to standard error, the figures alone to standard output.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from tests.bench import api, billing, bridge, commands, documents, pricing, rating, tariff_choice
from tests.bench.report import Figure, emit

__all__ = ["main"]

_BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "bridge": bridge.measure,
    "api": api.measure,
    "commands": commands.measure,
    "pricing": pricing.measure,
    "rating": rating.measure,
    "choice": tariff_choice.measure,
    "billing": billing.measure,
    "documents": documents.measure,
}
_FULL: dict[str, Callable[[], Iterator[Figure]]] = {
    "rating": rating.measure_full,
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
    parser.add_argument("--full", action="store_true", help="run the long ones alone")
    arguments = parser.parse_args(argv)
    only = arguments.only
    broken = []
    for name, measure in (_FULL if arguments.full else _BENCHES).items():
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
