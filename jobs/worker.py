"""A connection of the jobs runner that stays up: what its threads have in common."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

import psycopg

__all__ = ["Connection", "Worker"]

Connection = psycopg.Connection[tuple[Any, ...]]

_logger = logging.getLogger("jobs")


class Worker(ABC):
    """Works once an interval until `stop` is set; reconnects with a growing pause."""

    role: str
    """What it calls itself in the log."""

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
        # Names this process in the database's records.
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
                    _logger.info("connected as %s %s", self.role, self._name)
                    self._work(connection)
            except (OSError, psycopg.Error) as error:
                # A disk or a folder that cannot be used is no reason to end for good either.
                sentence = str(error).strip().splitlines()[0]
                _logger.warning("%s; trying again in %.0f s", sentence, self._pause_s)
                self._stop.wait(self._pause_s * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
                self._pause_s = min(self._pause_s * 2, self._longest_pause_s)

    def _work(self, connection: Connection) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            while self._run_one(connection) and not self._stop.is_set():
                self._pause_s = self._interval_s
            self._pause_s = self._interval_s
            self._rest(max(0.0, self._interval_s - (time.monotonic() - began)))

    def _rest(self, seconds: float) -> None:
        """Wait before looking for work again."""
        self._stop.wait(seconds)

    @abstractmethod
    def _run_one(self, connection: Connection) -> bool:
        """Do one piece of work; say whether there was any."""
