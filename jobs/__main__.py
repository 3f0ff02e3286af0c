"""Run the jobs runner: python -m jobs, with VOLTARO_JOBS_DATABASE_URL in the environment."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from jobs.authority import authority_of
from jobs.exceptions import AuthorityError
from jobs.runner import Runner
from jobs.signer import Signer


def main() -> int:
    """Run until SIGTERM or SIGINT; what is under way is finished first."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    url = os.environ.get("VOLTARO_JOBS_DATABASE_URL")
    if not url:
        print("VOLTARO_JOBS_DATABASE_URL is not set", file=sys.stderr)
        return 2
    try:
        authority = authority_of(os.environ)
    except AuthorityError as error:
        print(error, file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    signer = threading.Thread(target=Signer(url, stop, authority).run, name="signer", daemon=True)
    signer.start()
    Runner(url, stop).run()
    # An authority that does not answer is not waited for: its request is due again.
    signer.join(5)
    logging.getLogger("jobs").info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
