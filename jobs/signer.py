"""Takes the certificate requests of chargers to the authority, and what it signs back."""

from __future__ import annotations

import json
import logging
import threading

import psycopg

from jobs.authority import Authority, Subject
from jobs.exceptions import AuthorityError
from jobs.requests import describe_request
from jobs.worker import Connection, Worker

__all__ = ["Signer"]

_AT_ONCE = 1
"""Requests taken at once: the authority may be slow, and what is taken nobody else takes."""

_logger = logging.getLogger("jobs")


class Signer(Worker):
    """A thread of its own, so that a slow authority delays nothing else.

    SQL says which requests are due (`jobs.take_certificate_requests`), whether one may be signed
    and what the certificate has to say (`jobs.judge_certificate_request`), and what follows
    (`jobs.finish_certificate_request`). A request whose runner dies is due again.
    """

    role = "signer"

    def __init__(self, url: str, stop: threading.Event, authority: Authority) -> None:
        super().__init__(url, stop)
        self._authority = authority

    def _run_one(self, connection: Connection) -> bool:
        taken = connection.execute(
            "select tenant_id, request_id, csr from jobs.take_certificate_requests(%s)",
            [_AT_ONCE],
        ).fetchall()
        for tenant_id, request_id, csr in taken:
            try:
                outcome = self._settle(connection, tenant_id, request_id, csr)
            except psycopg.Error as error:
                # Replaced by another request of its charger meanwhile.
                if not (error.sqlstate or "").startswith("PT"):
                    raise
                outcome = f"not settled: {error.diag.message_primary}"
            _logger.info("certificate request %s of tenant %s %s", request_id, tenant_id, outcome)
        return bool(taken)

    def _settle(self, connection: Connection, tenant_id: int, request_id: int, csr: str) -> str:
        """Have one request judged and signed; return what became of it."""
        row = connection.execute(
            "select jobs.judge_certificate_request(%s, %s, %s)",
            [tenant_id, request_id, json.dumps(describe_request(csr))],
        ).fetchone()
        verdict = row[0] if row else {}
        if not verdict.get("is_accepted"):
            return f"refused: {verdict.get('reason')}"
        chain, problem = None, None
        try:
            chain = self._authority.sign(
                csr,
                Subject(verdict["common_name"], verdict["organization"], int(verdict["days"])),
            )
        except AuthorityError as error:
            problem = str(error)
        except Exception as error:
            # What a charger sent must not end the signing for all others.
            _logger.exception("certificate request %s of tenant %s", request_id, tenant_id)
            problem = f"{type(error).__name__}: {error}"
        finish = "select jobs.finish_certificate_request(%s, %s, %s, %s)"
        row = None
        if chain is not None:
            try:
                row = connection.execute(finish, [tenant_id, request_id, chain, None]).fetchone()
            except psycopg.Error as error:
                # What was signed is not taken: a failure as well, which is counted and alarms.
                if error.sqlstate not in ("PT400", "PT409"):
                    raise
                problem = f"what was signed cannot be sent: {error.diag.message_primary}"
        if problem is not None:
            # PostgreSQL's text has no NUL.
            problem = problem.replace("\0", "\u2400")
            row = connection.execute(finish, [tenant_id, request_id, None, problem]).fetchone()
        return f"{row[0] if row else 'lost'}{f': {problem}' if problem else ''}"
