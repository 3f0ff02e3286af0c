"""Run the jobs runner: python -m jobs, with VOLTARO_JOBS_DATABASE_URL in the environment."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time

from jobs.authority import authority_of
from jobs.bank.worker import BankClerk
from jobs.deliverers import deliverers_of
from jobs.documents.worker import Documenter
from jobs.exceptions import JobsError
from jobs.exporter import Exporter
from jobs.files import FileServer
from jobs.outbox import outboxes_of
from jobs.runner import Runner
from jobs.signer import Signer


def main() -> int:
    """Run until SIGTERM or SIGINT; what is under way is finished first."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    url = os.environ.get("VOLTARO_JOBS_DATABASE_URL")
    if not url:
        print("VOLTARO_JOBS_DATABASE_URL is not set", file=sys.stderr)
        return 2
    stop = threading.Event()
    try:
        authority = authority_of(os.environ)
        files = FileServer(url, stop, os.environ)
        deliverers = deliverers_of(os.environ)
    except JobsError as error:
        print(error, file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    exporter = Exporter(url, stop, files.folder, files.url_prefix)
    threads = [
        threading.Thread(target=work, name=name, daemon=True)
        for name, work in (
            ("signer", Signer(url, stop, authority).run),
            ("bank clerk", BankClerk(url, stop, os.environ.get("VOLTARO_BANK_FOLDER")).run),
            ("exporter", exporter.run),
            ("documenter", Documenter(url, stop).run),
            ("files", files.run),
            *(
                (deliverer.kind, outbox.run)
                for deliverer in deliverers
                for outbox in outboxes_of(url, stop, deliverer)
            ),
        )
    ]
    for thread in threads:
        thread.start()
    Runner(url, stop).run()
    # What does not end soon is not waited for: an authority that does not answer, a long export
    # or transfer. Requests and exports are due again.
    deadline = time.monotonic() + 5
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    logging.getLogger("jobs").info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
