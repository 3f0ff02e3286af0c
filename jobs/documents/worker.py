"""Makes the documents of invoices that have been finalised."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

import psycopg

from jobs.exceptions import DocumentError
from jobs.worker import Connection, Worker

if TYPE_CHECKING:
    from jobs.documents.maker import Documents, Maker

__all__ = ["Documenter"]

_AT_ONCE = 10
"""Invoices taken at once: a second's work or less."""

_logger = logging.getLogger("jobs")


class Documenter(Worker):
    """A thread of its own, for a monthly run has ten thousands of invoices.

    SQL says which invoices are due (`jobs.take_documents`) and what is in them
    (`jobs.describe_invoice`), keeps the documents when they say what the ledger says
    (`jobs.store_documents`) and is told what went wrong (`jobs.fail_documents`). An invoice whose
    runner dies is due again; of two who make its documents one stores them.
    """

    role = "documenter"

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__(url, stop)
        # Made when first needed: most of the time there is nothing to do.
        self._maker: Maker | None = None

    def _run_one(self, connection: Connection) -> bool:
        taken = connection.execute(
            "select tenant_id, invoice_id, attempt from jobs.take_documents(%s, %s)",
            [self._name, _AT_ONCE],
        ).fetchall()
        for tenant_id, invoice_id, attempt in taken:
            # Those that are left are due again when their time is over.
            if self._stop.is_set():
                break
            outcome = self._settle(connection, tenant_id, invoice_id, attempt)
            _logger.info("documents of invoice %s of tenant %s %s", invoice_id, tenant_id, outcome)
        return bool(taken)

    def _settle(self, connection: Connection, tenant_id: int, invoice_id: int, attempt: int) -> str:
        """Make and store the documents of one invoice; return what became of it."""
        problem, is_final = "", True
        try:
            documents = self._make(connection, tenant_id, invoice_id)
            return _store(connection, tenant_id, invoice_id, documents)
        except DocumentError as error:
            problem = str(error)
        except psycopg.Error as error:
            if connection.closed:
                raise
            problem, is_final = str(error).strip().splitlines()[0], False
        except Exception as error:
            # One odd invoice must not end the documents of all others.
            _logger.exception("documents of invoice %s of tenant %s", invoice_id, tenant_id)
            problem, is_final = f"{type(error).__name__}: {error}", False
        row = connection.execute(
            "select jobs.fail_documents(%s, %s, %s, %s, %s)",
            # PostgreSQL's text has no NUL.
            [tenant_id, invoice_id, attempt, problem.replace("\0", "\u2400"), is_final],
        ).fetchone()
        return f"{row[0] if row and row[0] else 'lost'}: {problem}"

    def _make(self, connection: Connection, tenant_id: int, invoice_id: int) -> Documents:
        row = connection.execute(
            "select jobs.describe_invoice(%s, %s)", [tenant_id, invoice_id]
        ).fetchone()
        if row is None:
            raise DocumentError("there is no description")
        if self._maker is None:
            from jobs.documents.maker import Maker  # noqa: PLC0415 - typst, Saxon: 50 MB

            self._maker = Maker()
        return self._maker.make(row[0])


def _store(connection: Connection, tenant_id: int, invoice_id: int, documents: Documents) -> str:
    figures = documents.figures
    row = connection.execute(
        "select jobs.store_documents(%s, %s, %s, %s, %s)",
        [
            tenant_id,
            invoice_id,
            documents.pdf,
            documents.ubl,
            json.dumps(
                {
                    "excl": str(figures.excl),
                    "vat": str(figures.vat),
                    "incl": str(figures.incl),
                    "taxes": [
                        {
                            "category": tax.category,
                            "vat_rate": str(tax.vat_rate),
                            "excl": str(tax.excl),
                            "vat": str(tax.vat),
                        }
                        for tax in figures.taxes
                    ],
                }
            ),
        ],
    ).fetchone()
    return str(row[0]) if row else "lost"
