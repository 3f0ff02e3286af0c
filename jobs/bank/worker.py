"""Takes files of statements to the books, and batches of direct debits to files."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from psycopg.types.json import Jsonb

from jobs.bank.debit_file import write_debit_file
from jobs.bank.reading import read_statements
from jobs.exceptions import DebitFileError, StatementError
from jobs.worker import Connection, Worker

__all__ = ["BankClerk"]

_SETTLED_S = 5.0
"""A file that did not change for so long is whole."""
_LOOK_EVERY_S = 5.0

_logger = logging.getLogger("jobs")


class BankClerk(Worker):
    """Reads what banks send and writes what they are to get; SQL decides and books.

    Files of statements come from `api.import_bank_statement`, or lie in
    `<VOLTARO_BANK_FOLDER>/<slug of the tenant>/`: from there they go to `imported/` beside them, or
    to `refused/`. A file is one transaction in the database, so a runner that dies leaves nothing
    half done, and what is done twice is known by its hash.
    """

    role = "bank clerk"

    def __init__(self, url: str, stop: threading.Event, folder: str | None) -> None:
        """`folder` is VOLTARO_BANK_FOLDER; none is watched without it."""
        super().__init__(url, stop)
        self._folder = Path(folder) if folder else None
        # When the folder is looked into next.
        self._look_at = 0.0

    def _run_one(self, connection: Connection) -> bool:
        if self._folder is not None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_EVERY_S
            self._import_folder(connection, self._folder)
        return self._book(connection) or self._write_debits(connection)

    def _book(self, connection: Connection) -> bool:
        row = connection.execute(
            "select tenant_id, bank_file_id, content from jobs.take_bank_file()"
        ).fetchone()
        if row is None:
            return False
        tenant_id, bank_file_id, content = row
        try:
            form, statements = read_statements(content)
        except StatementError as error:
            connection.execute(
                "select jobs.park_bank_file(%s, %s, %s, %s)",
                [tenant_id, bank_file_id, error.reason, str(error)],
            )
            outcome = f"{error.reason}: {error}"
        else:
            answer = connection.execute(
                "select jobs.book_bank_statement(%s, %s, %s, %s)",
                [
                    tenant_id,
                    bank_file_id,
                    form,
                    Jsonb([statement.as_json() for statement in statements]),
                ],
            ).fetchone()
            outcome = str(answer[0]) if answer else "lost"
        _logger.info("bank file %s of tenant %s %s", bank_file_id, tenant_id, outcome)
        return True

    def _write_debits(self, connection: Connection) -> bool:
        with connection.transaction():
            row = connection.execute("select jobs.take_debit_batch()").fetchone()
            if row is None or row[0] is None:
                return False
            batch = row[0]
            named = [batch["tenant_id"], batch["debit_batch_id"]]
            try:
                content = write_debit_file(batch)
            except DebitFileError as error:
                connection.execute(
                    "select jobs.refuse_debit_batch(%s, %s, %s)", [*named, str(error)]
                )
                outcome = f"gets no file: {error}"
            else:
                connection.execute("select jobs.store_debit_file(%s, %s, %s)", [*named, content])
                outcome = f"has its file: {batch['count']} of {batch['total']}"
        _logger.info("batch %s of direct debits %s", batch["message_id"], outcome)
        return True

    def _import_folder(self, connection: Connection, folder: Path) -> None:
        """Import what lies in the folders of tenants, whole files only."""
        settled = time.time() - _SETTLED_S
        for path in sorted(folder.glob("*/*")):
            # Programs that fetch files give them their name when they are whole.
            if path.name.startswith(".") or path.suffix in {".part", ".tmp"}:
                continue
            try:
                if not path.is_file() or path.stat().st_mtime > settled:
                    continue
                content = path.read_bytes()
                row = connection.execute(
                    "select jobs.import_bank_statement(%s, %s, %s)",
                    [path.parent.name, path.name, content],
                ).fetchone()
                outcome = str(row[0]) if row else "lost"
                done = path.parent / ("imported" if outcome in {"imported", "known"} else "refused")
                done.mkdir(mode=0o700, exist_ok=True)
                path.replace(done / path.name)
            except OSError as error:
                # The others come all the same; this one is tried again.
                _logger.warning("%s cannot be imported: %s", path.name, error)
            else:
                _logger.info("bank file %s of %s: %s", path.name, path.parent.name, outcome)
