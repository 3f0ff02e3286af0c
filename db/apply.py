"""Apply db/code: changed files only, in dependency order, inside one transaction.

What a file defined and no longer defines is dropped; a function or view that PostgreSQL cannot
replace in place is dropped and made again together with the code that depends on it, object by
object. Nothing cascades, and when state (a constraint, a default, an index, a table) depends on
something that would have to go, the whole apply stops and the database stays as it was.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import errors

from db import lint
from db.catalogue import Catalogue
from db.connection import Connection, describe, execute_text
from db.exceptions import ApplyError
from db.settings import ROOT
from db.source import Object, SourceFile, order, read_directory

__all__ = ["CODE", "Result", "apply"]

CODE = ROOT / "db" / "code"

# How often one file may run in one apply: once, and again whenever something it defines had to
# be dropped for another file's sake.
_MOST_RUNS = 8

_CANNOT_REPLACE = (
    errors.InvalidFunctionDefinition,
    errors.InvalidTableDefinition,
    errors.DependentObjectsStillExist,
    errors.AmbiguousFunction,
    errors.WrongObjectType,
)

_FUNCTIONS: LiteralString = """
select p.oid, l.lanname, n.nspname || '.' || p.proname,
    coalesce(
        (
            select substr(c.setting, 13)
            from unnest(p.proconfig) as c (setting)
            where c.setting like 'search_path=%'
        ),
        'pg_catalog, pg_temp'
    )
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where n.nspowner = 'voltaro_owner'::regrole and l.lanname in ('sql', 'plpgsql')
order by n.nspname, p.proname
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What an apply did."""

    ran: tuple[str, ...] = ()
    """Paths of the files that ran, in order."""
    dropped: tuple[str, ...] = ()
    """Objects that are gone for good."""


def apply(
    connection: Connection,
    *,
    directory: Path = CODE,
    lints_always: bool = False,
    lints: Path = lint.LINTS,
) -> Result:
    """Make the database's code that of `directory`.

    `connection` is in autocommit mode and acts as voltaro_owner. Lints run when anything
    changed, or when `lints_always`. Raises SourceError, ApplyError or LintError, and then
    nothing has changed.
    """
    files = read_directory(directory)
    with connection.transaction():
        run = _Apply(connection, files)
        result = run.perform() if run.has_work() else Result()
        if result.ran or result.dropped or lints_always:
            lint.check(connection, directory=lints)
    return result


class _Apply:
    """One apply, in one transaction."""

    def __init__(self, connection: Connection, files: Mapping[str, SourceFile]) -> None:
        self._connection = connection
        self._files = files
        self._catalogue = Catalogue(connection)
        self._recorded: dict[str, tuple[str, frozenset[Object]]] = {
            path: (checksum, frozenset(Object.parse(text) for text in objects))
            for path, checksum, objects in connection.execute(
                "select path, checksum, objects from ops.applied_code"
            )
        }
        self._homes: dict[Object, list[str]] = {}
        for file in files.values():
            for item in file.objects:
                self._homes.setdefault(item, []).append(file.path)
        self._existing = self._catalogue.existing()
        self._changed = {path for path, file in files.items() if self._is_changed(file)}
        self._removed = set(self._recorded) - set(files)
        self._queue: list[tuple[int, str]] = []
        self._queued: set[str] = set()
        self._runs: Counter[str] = Counter()
        self._ran: list[str] = []
        self._gone: set[Object] = set()
        self._rank: dict[str, int] = {}

    def has_work(self) -> bool:
        """Whether a file was changed, added or removed, or what it made is gone."""
        return bool(self._changed or self._removed)

    def perform(self) -> Result:
        """Run what has to run and drop what has to go."""
        self._connection.execute(
            "select set_config('check_function_bodies', 'off', true),"
            " set_config('search_path', 'pg_catalog, pg_temp', true),"
            " set_config('lock_timeout', '30s', true)"
        )
        self._rank = {path: rank for rank, path in enumerate(order(self._files))}
        self._take_back()
        self._enqueue(self._changed)
        self._drain()
        orphans = {
            item
            for _, objects in self._recorded.values()
            for item in objects
            if item.kind in {"function", "view"} and item not in self._homes
        }
        for orphan in sorted(orphans):
            self._drop(orphan)
        self._drain()
        self._validate()
        self._record()
        lost = sorted(item for item in self._gone if item not in self._homes)
        return Result(ran=tuple(self._ran), dropped=tuple(str(item) for item in lost))

    def _is_changed(self, file: SourceFile) -> bool:
        recorded = self._recorded.get(file.path)
        if recorded is None or recorded[0] != file.checksum:
            return True
        return any(item.kind != "grants" and item not in self._existing for item in file.objects)

    def _take_back(self) -> None:
        """Undo what would outlive a changed file: its policies, triggers, grants, comments."""
        recorded = {
            item
            for path in self._changed | self._removed
            if path in self._recorded
            for item in self._recorded[path][1]
        }
        for item in sorted(recorded):
            if item.kind in {"policy", "trigger"}:
                self._drop(item)
            elif item.kind in {"function", "view"}:
                self._catalogue.reset(item)
        granted = {item for item in recorded if item.kind == "grants"} | {
            item
            for path in self._changed
            for item in self._files[path].objects
            if item.kind == "grants"
        }
        for item in sorted(granted):
            self._catalogue.revoke_grants(item.name)
            # Where two files grant on one object, both have to say so again.
            self._enqueue(self._homes.get(item, []))

    def _enqueue(self, paths: Iterable[str]) -> None:
        for path in paths:
            if path not in self._queued:
                self._queued.add(path)
                heapq.heappush(self._queue, (self._rank[path], path))

    def _drop(self, item: Object, *, by: SourceFile | None = None) -> None:
        """Drop an object with what depends on it, and queue the files that make these again.

        `by` is the file that is about to make its own objects anyway.
        """
        self._note(self._catalogue.drop(item), by=by)

    def _note(self, gone: Iterable[Object], *, by: SourceFile | None) -> None:
        for item in gone:
            self._gone.add(item)
            again = self._homes.get(item, []) + self._homes.get(Object("grants", item.name), [])
            self._enqueue(path for path in again if by is None or path != by.path)

    def _drain(self) -> None:
        while self._queue:
            _, path = heapq.heappop(self._queue)
            self._queued.discard(path)
            self._run(self._files[path])

    def _run(self, file: SourceFile) -> None:
        self._runs[file.path] += 1
        if self._runs[file.path] > _MOST_RUNS:
            raise ApplyError(f"db/code/{file.path} does not settle: something drops it each time")
        made = sorted(item for item in file.objects if item.kind in {"function", "view"})
        attached = sorted(item for item in file.objects if item.kind in {"policy", "trigger"})
        before = {item: self._catalogue.addresses(item) for item in made}
        for item in attached:
            self._drop(item, by=file)
        if not self._replace(file, made + attached, any(before.values())):
            before = {}
        self._ran.append(file.path)
        for item, old in before.items():
            # A changed signature made a second function of the same name: the old one goes.
            if set(self._catalogue.addresses(item)) - set(old):
                for address in old:
                    gone = self._catalogue.drop_at(address, item)
                    self._note((other for other in gone if other != item), by=None)

    def _replace(self, file: SourceFile, objects: list[Object], can_drop: bool) -> bool:
        """Run a file; when it cannot replace its objects in place, drop them and run it again.

        Returns whether everything was replaced in place.
        """
        try:
            self._execute(file)
        except _CANNOT_REPLACE as error:
            if not can_drop:
                raise self._failure(file, error) from error
        except psycopg.Error as error:
            raise self._failure(file, error) from error
        else:
            return True
        for item in objects:
            self._drop(item, by=file)
        try:
            self._execute(file)
        except psycopg.Error as error:
            raise self._failure(file, error) from error
        return False

    def _execute(self, file: SourceFile) -> None:
        with self._connection.transaction():
            execute_text(self._connection, file.text)

    def _failure(self, file: SourceFile, error: psycopg.Error) -> ApplyError:
        return ApplyError(describe(error, CODE / file.path, file.text))

    def _validate(self) -> None:
        """Check every function's body, now that everything it may mention exists."""
        connection = self._connection
        connection.execute("select set_config('check_function_bodies', 'on', true)")
        for oid, language, name, path in connection.execute(_FUNCTIONS).fetchall():
            check: LiteralString = (
                "select pg_catalog.fmgr_sql_validator(%s::oid)"
                if language == "sql"
                else "select pg_catalog.plpgsql_validator(%s::oid)"
            )
            try:
                with connection.transaction():
                    connection.execute("select set_config('search_path', %s, true)", [path])
                    connection.execute(check, [oid])
            except psycopg.Error as error:
                home = self._homes.get(Object("function", name), [name])[0]
                where = " ".join((error.diag.context or "").split("\n")[:1])
                sentence = describe(error, CODE / home, "")
                raise ApplyError(f"{sentence} [{where}]" if where else sentence) from error

    def _record(self) -> None:
        self._connection.execute(
            "delete from ops.applied_code where path = any(%s)", [sorted(self._removed)]
        )
        for path in dict.fromkeys(self._ran):
            file = self._files[path]
            self._connection.execute(
                "insert into ops.applied_code (path, checksum, objects) values (%s, %s, %s)"
                " on conflict (path) do update set checksum = excluded.checksum,"
                " objects = excluded.objects, applied_at = now()",
                [path, file.checksum, json.dumps(sorted(str(item) for item in file.objects))],
            )
