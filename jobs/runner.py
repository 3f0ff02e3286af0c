"""Runs the scheduled jobs: the table says when, APScheduler is the clock and the threads."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from jobs.worker import Connection, Worker

__all__ = ["Runner", "next_run_of"]

_THREADS = 3
"""Jobs that run at once: a long one does not keep the others waiting."""

_logger = logging.getLogger("jobs")


def next_run_of(cron: str, time_zone: str, after: datetime) -> datetime:
    """The next moment of a calendar after another. Raises ValueError for one that has none."""
    trigger = CronTrigger.from_crontab(cron, timezone=ZoneInfo(time_zone))
    found = trigger.get_next_fire_time(None, after)
    if not isinstance(found, datetime):
        raise ValueError(f"{cron} never comes")  # noqa: TRY004 - it is the value that is wrong
    # In one zone: an hour that is there twice compares with nothing else.
    return found.astimezone(UTC)


class Runner(Worker):
    """Has each job run when `ops.job_schedules` says, in a few threads.

    The table is the truth: it is read once a second (`jobs.list_schedules`), and `jobs.run_job`
    runs a job only when it is due by the table and nobody else runs it. So a job can be moved or
    switched off at any time, and runners beside each other do everything once. An empty detail
    means that a job found nothing to do. An error here is the database's own.
    """

    role = "runner"

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__(url, stop)
        # The cron of each job that has one.
        self._calendars: dict[str, tuple[str, str]] = {}
        # What runs now is planned again when it is over.
        self._running: set[str] = set()
        # Connections that no thread uses now.
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        # APScheduler tells the log of every run otherwise.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(_THREADS)},
            # However late, once.
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )

    def run(self) -> None:
        """Work until `stop` is set; what is under way is finished first."""
        self._scheduler.start()
        try:
            super().run()
        finally:
            self._scheduler.shutdown(wait=True)
            for connection in self._idle:
                connection.close()

    def _run_one(self, connection: Connection) -> bool:
        """Read the table and set the clock; there is never more to do at once."""
        rows = connection.execute(
            "select job, cron, time_zone, next_run_at from jobs.list_schedules()"
        ).fetchall()
        for job, cron, time_zone, next_run_at in rows:
            if cron is not None:
                self._calendars[job] = cron, time_zone
            if next_run_at is not None:
                self._plan(job, next_run_at)
            elif (at := self._next_run_of(job)) is not None:
                connection.execute("select jobs.plan_job(%s, %s)", [job, at])
        enabled = {row[0] for row in rows}
        for planned in self._scheduler.get_jobs():
            if planned.id not in enabled:
                with suppress(JobLookupError):
                    self._scheduler.remove_job(planned.id)
        return False

    def _plan(self, job: str, at: datetime) -> None:
        with self._lock:
            if job in self._running:
                return
            planned = self._scheduler.get_job(job)
            if planned is None or planned.next_run_time != at:
                self._scheduler.add_job(
                    self._start, DateTrigger(at), [job], id=job, replace_existing=True
                )

    def _next_run_of(self, job: str) -> datetime | None:
        """The next moment of a job by the calendar; null for others."""
        if job not in self._calendars:
            return None
        try:
            return next_run_of(*self._calendars[job], datetime.now(UTC))
        except ValueError as error:
            _logger.warning("%s cannot be planned: %s", job, error)
            return None

    def _start(self, job: str) -> None:
        """Run a job in a thread of the scheduler, and plan its next turn."""
        with self._lock:
            if job in self._running:
                return
            self._running.add(job)
            connection = self._idle.pop() if self._idle else None
        next_run_at = None
        try:
            if connection is None:
                connection = psycopg.connect(
                    self._url, autocommit=True, connect_timeout=10, application_name="voltaro jobs"
                )
            row = connection.execute(
                "select outcome, detail, nullif(next_run_at, 'infinity')"
                " from jobs.run_job(%s, %s, %s)",
                [job, self._name, self._next_run_of(job)],
            ).fetchone()
            if row is not None:
                outcome, detail, next_run_at = row
                if detail:
                    level = logging.WARNING if outcome == "failed" else logging.INFO
                    _logger.log(level, "%s %s: %s", job, outcome, detail)
        except (OSError, psycopg.Error) as error:
            # It is due still: the next look at the table plans it again.
            _logger.warning("%s: %s", job, str(error).strip().splitlines()[0])
        finally:
            with self._lock:
                self._running.discard(job)
                if connection is not None and not connection.closed:
                    self._idle.append(connection)
        if next_run_at is not None and not self._stop.is_set():
            self._plan(job, next_run_at)
