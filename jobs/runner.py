"""One connection, one call a second: SQL decides what is due, does it and says how it went."""

from __future__ import annotations

import logging

from jobs.worker import Connection, Worker

__all__ = ["Runner"]

_logger = logging.getLogger("jobs")


class Runner(Worker):
    """Calls `jobs.run_due` until there is nothing to do, once a second.

    `jobs.run_due(p_runner text) returns table(job text, outcome text, detail text)` runs one
    due job in a transaction of its own and catches what goes wrong in it; no row means that
    nothing is due, an empty detail that the job found nothing to do. An error here is the
    database's own.
    """

    role = "runner"

    def _run_one(self, connection: Connection) -> bool:
        """Run the job that has been due for longest; say whether there was one."""
        row = connection.execute(
            "select job, outcome, detail from jobs.run_due(%s)", [self._name]
        ).fetchone()
        if row is None:
            return False
        job, outcome, detail = row
        if detail:
            level = logging.WARNING if outcome == "failed" else logging.INFO
            _logger.log(level, "%s %s: %s", job, outcome, detail)
        return True
