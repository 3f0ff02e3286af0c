"""Run the jobs runner: python -m jobs, with VOLTARO_JOBS_DATABASE_URL in the environment."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from jobs.runner import Runner


def main() -> int:
    """Run until SIGTERM or SIGINT; the job under way is finished first."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    url = os.environ.get("VOLTARO_JOBS_DATABASE_URL")
    if not url:
        print("VOLTARO_JOBS_DATABASE_URL is not set", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    Runner(url, stop).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
