"""Writes the lists that people asked for into files, in constant memory."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from jobs.worker import Connection, Worker

__all__ = ["Exporter", "export_name"]

_SYNC_BYTES = 64 * 2**20
"""So much is written before it is forced to the disk: the last wait is a short one."""
_SWEEP_S = 600.0
_ABANDONED_S = 3600.0
"""A file that nothing names is younger than this while another process finishes it."""
_NAME = re.compile(r"(\d+)-(\d+)-(\d+)\.csv")

_logger = logging.getLogger("jobs")


def export_name(tenant_id: int, export_id: int, attempt: int) -> str:
    """Name of the file that one attempt at an export writes."""
    return f"{tenant_id}-{export_id}-{attempt}.csv"


@dataclass(frozen=True, slots=True)
class _Written:
    """What a file came to."""

    rows: int
    size: int
    sha256: str


class Exporter(Worker):
    """A thread of its own, for an export may take minutes.

    SQL says what is due (`jobs.take_export`), locks it (`jobs.begin_export`), gives its rows
    (`jobs.export_<list>`) and is told how it went (`jobs.finish_export`, `jobs.fail_export`).
    Rows go from PostgreSQL's COPY straight into the file. The lock, the rows and the end are one
    transaction: when a runner dies the export is due again, and its file is nobody's.
    """

    role = "exporter"

    def __init__(self, url: str, stop: threading.Event, folder: Path, url_prefix: str) -> None:
        """`url_prefix` and a token make the address of a file; see `jobs.files`."""
        super().__init__(url, stop)
        self._folder = folder
        self._url_prefix = url_prefix
        # When files that nothing names are looked for next; at once after a start.
        self._sweep_at = 0.0

    def _run_one(self, connection: Connection) -> bool:
        if time.monotonic() >= self._sweep_at:
            self._sweep(connection)
            self._sweep_at = time.monotonic() + _SWEEP_S
        row = connection.execute(
            "select tenant_id, export_id, attempt, list from jobs.take_export(%s)", [self._name]
        ).fetchone()
        if row is None:
            return False
        tenant_id, export_id, attempt, name = row
        try:
            outcome = self._export(connection, tenant_id, export_id, attempt, name)
        except (OSError, psycopg.Error) as error:
            if connection.closed:
                raise
            problem = str(error).strip().splitlines()[0]
            row = connection.execute(
                "select jobs.fail_export(%s, %s, %s, %s)", [tenant_id, export_id, attempt, problem]
            ).fetchone()
            outcome = f"{row[0] if row else 'lost'}: {problem}"
        _logger.info("export %s of tenant %s %s", export_id, tenant_id, outcome)
        return True

    def _export(
        self, connection: Connection, tenant_id: int, export_id: int, attempt: int, name: str
    ) -> str:
        """Write the file of an export that was taken; say what came of it."""
        path = self._folder / export_name(tenant_id, export_id, attempt)
        unfinished = path.with_suffix(".part")
        rows = sql.SQL(
            "copy (select (r).* from (select jobs.{}({}, {}) as r offset 0) as rows)"
            " to stdout (format csv, header)"
        ).format(sql.Identifier(f"export_{name}"), tenant_id, export_id)
        try:
            with connection.transaction():
                row = connection.execute(
                    "select jobs.begin_export(%s, %s, %s)", [tenant_id, export_id, attempt]
                ).fetchone()
                if row is None or not row[0]:
                    return "is another runner's"
                written = self._write(connection, rows, unfinished)
                unfinished.replace(path)
                _sync(self._folder)
                connection.execute(
                    "select jobs.finish_export(%s, %s, %s, %s, %s, %s)",
                    [
                        tenant_id,
                        export_id,
                        written.rows,
                        written.size,
                        written.sha256,
                        self._url_prefix,
                    ],
                )
        finally:
            # What cannot be deleted now is swept up later; why it is there matters more.
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
        return f"ready: {written.rows} rows of {name}, {written.size} bytes"

    def _write(self, connection: Connection, rows: sql.Composed, path: Path) -> _Written:
        """Stream the rows into a file that is on the disk when this returns."""
        digest = hashlib.sha256()
        size = synced = 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=2**18) as file, connection.cursor() as cursor:
            with cursor.copy(rows) as copy:
                for part in copy:
                    file.write(part)
                    digest.update(part)
                    size += len(part)
                    if size - synced >= _SYNC_BYTES:
                        os.fdatasync(file.fileno())
                        synced = size
            file.flush()
            os.fsync(file.fileno())
            return _Written(cursor.rowcount, size, digest.hexdigest())

    def _sweep(self, connection: Connection) -> None:
        """Delete the files of exports that are over, and what runners that died left behind."""
        if not self._folder.is_dir():
            return
        needed = {
            export_name(*row)
            for row in connection.execute(
                "select tenant_id, export_id, attempt from jobs.list_export_files()"
            )
        }
        abandoned = time.time() - _ABANDONED_S
        for path in self._folder.iterdir():
            if not _NAME.fullmatch(path.with_suffix(".csv").name):
                continue
            try:
                if path.name not in needed and path.stat().st_mtime < abandoned:
                    path.unlink()
                    _logger.info("deleted %s", path.name)
            except FileNotFoundError:
                # Another process has deleted it meanwhile.
                pass
            except OSError as error:
                _logger.warning("%s cannot be deleted: %s", path.name, error)


def _sync(folder: Path) -> None:
    """Make a rename in a folder safe."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
