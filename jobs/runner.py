"""One connection, one call a second: SQL decides what is due, does it and says how it went."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from typing import Any

import psycopg

__all__ = ["Runner"]

_logger = logging.getLogger("jobs")


class Runner:
    """Calls `jobs.run_due` until `stop` is set; reconnects with a growing pause.

    `jobs.run_due(p_runner text) returns table(job text, outcome text, detail text)` runs one
    due job in a transaction of its own and catches what goes wrong in it; no row means that
    nothing is due, an empty detail that the job found nothing to do. An error here is the
    database's own.
    """

    def __init__(
        self,
        url: str,
        stop: threading.Event,
        *,
        interval_s: float = 1.0,
        longest_pause_s: float = 30.0,
    ) -> None:
        self._url = url
        self._stop = stop
        self._interval_s = interval_s
        self._longest_pause_s = longest_pause_s
        # Names this process in the database's records of job runs.
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        # Pause before the next connection; back to the start after a call that worked.
        self._pause_s = interval_s

    def run(self) -> None:
        """Work until `stop` is set."""
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    self._url, autocommit=True, connect_timeout=10, application_name="voltaro jobs"
                ) as connection:
                    _logger.info("connected as runner %s", self._name)
                    self._work(connection)
            except psycopg.Error as error:
                sentence = str(error).strip().splitlines()[0]
                _logger.warning("%s; trying again in %.0f s", sentence, self._pause_s)
                self._stop.wait(self._pause_s * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
                self._pause_s = min(self._pause_s * 2, self._longest_pause_s)
        _logger.info("stopped")

    def _work(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            while self._run_one(connection) and not self._stop.is_set():
                pass
            self._stop.wait(max(0.0, self._interval_s - (time.monotonic() - began)))

    def _run_one(self, connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
        """Run the job that has been due for longest; say whether there was one."""
        row = connection.execute(
            "select job, outcome, detail from jobs.run_due(%s)", [self._name]
        ).fetchone()
        self._pause_s = self._interval_s
        if row is None:
            return False
        job, outcome, detail = row
        if detail:
            level = logging.WARNING if outcome == "failed" else logging.INFO
            _logger.log(level, "%s %s: %s", job, outcome, detail)
        return True
