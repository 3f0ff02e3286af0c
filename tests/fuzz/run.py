"""The fuzzing process: python -m tests.fuzz.run TARGET CORPUS... [libFuzzer options].

A process of its own, because libFuzzer ends it, and because modules are instrumented when they
are first imported.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["bridge"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until libFuzzer has enough: its status is 0, or 77 and the like for a finding."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
