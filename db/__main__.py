"""`python -m db`: the commands of db/commands.py."""

from __future__ import annotations

import signal
import sys


def _run() -> int:
    """Run the command of the command line; return its exit status.

    Until the supervisor takes care of it, Ctrl-C ends the process at once and without a word,
    also while modules are imported. A shell that had it ignored keeps it ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from db.commands import main  # noqa: PLC0415 - imports take the time that is meant

    return main()


if __name__ == "__main__":
    sys.exit(_run())
