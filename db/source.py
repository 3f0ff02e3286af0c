"""The files of db/code: what each defines, what it mentions, and the order to run them in.

A file is never split into statements: PostgreSQL gets it whole. What it defines is read off by
patterns over its text with comments, strings and `$$` bodies blanked out, which suffices
because the style of these files is fixed (STYLE: lowercase, qualified names).
"""

from __future__ import annotations

import graphlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from db.exceptions import SourceError

__all__ = ["Object", "SourceFile", "order", "read_directory", "read_file"]

_BLANKED = re.compile(
    r"""
    --[^\n]*
    | /\*.*?\*/
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    """,
    re.DOTALL | re.VERBOSE,
)
_NAME = r"[a-z_]\w*\.[a-z_]\w*"
_MENTION = re.compile(rf"(?<![\w.])(?P<name>{_NAME})(?!\w)(?P<call>\s*\()?")
_STATEMENT = re.compile(r"(?:\A|;)\s*(?P<create>create)\b(?P<rest>[^;(]*)")
_DEFINITIONS = {
    "function": re.compile(
        rf"create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?P<name>{_NAME})\s*\("
        rf"(?:\s*\w+\s+(?P<row>api\.\w+)\s*\))?"
    ),
    "view": re.compile(rf"create\s+(?:or\s+replace\s+)?view\s+(?P<name>{_NAME})"),
    "policy": re.compile(rf"create\s+policy\s+(?P<name>\w+)\s+on\s+(?P<on>{_NAME})"),
    "trigger": re.compile(
        r"create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\s+(?P<name>\w+)\s[^;]*?"
        rf"\bon\s+(?P<on>{_NAME})"
    ),
}
_GRANT = re.compile(r"(?:\A|;)\s*grant\b[^;]*?\bon\s+(?P<target>[^;]*?)\s+to\b")
_ARGUMENTS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True, order=True)
class Object:
    """Something that a file defines, known by name: functions are never overloaded.

    But for relationships that PostgREST embeds: functions of schema api whose one argument is
    a row of a view there share a name, and are known as `api.charge_points(api.meter_values)`.

    `on` is the table of a policy or trigger. Kind `grants` stands for the privileges given on
    the relation or function `name`.
    """

    kind: str
    name: str
    on: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" on {self.on}" if self.on else "")

    @classmethod
    def parse(cls, text: str) -> Object:
        """The inverse of `str`."""
        kind, name, *rest = text.split(" ")
        return cls(kind, name, rest[1] if rest else None)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of db/code."""

    path: str
    """Relative to the directory, with forward slashes."""
    text: str
    checksum: str
    objects: frozenset[Object]
    mentions: frozenset[Object]
    """Functions and views (or tables and types) named outside strings, comments and bodies."""


def read_directory(directory: Path) -> dict[str, SourceFile]:
    """Read all .sql files below a directory, by path. Raises SourceError."""
    files = {
        file.path: file
        for path in sorted(directory.rglob("*.sql"))
        for file in [read_file(path.relative_to(directory).as_posix(), path.read_text())]
    }
    _refuse_shared_objects(files.values())
    return files


def read_file(path: str, text: str) -> SourceFile:
    """Read one file. Raises SourceError for a statement that does not belong here."""
    visible = _BLANKED.sub(_blank, text)
    return SourceFile(
        path=path,
        text=text,
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        objects=frozenset(_definitions(path, visible)) | frozenset(_grants(path, visible)),
        mentions=frozenset(
            Object("function" if match["call"] else "view", match["name"])
            for match in _MENTION.finditer(visible)
        ),
    )


def order(files: Mapping[str, SourceFile]) -> list[str]:
    """Paths in an order in which everything mentioned exists before it is needed.

    Raises SourceError when files need each other in a circle.
    """
    homes = {
        item: file.path
        for file in files.values()
        for item in file.objects
        if item.kind in {"function", "view"}
    }

    def find_home(mention: Object) -> str | None:
        # A view and a function may share a name: PostgREST embeds through such a function.
        other = Object("view" if mention.kind == "function" else "function", mention.name)
        return homes.get(mention) or homes.get(other)

    needs = {
        path: {home for mention in files[path].mentions if (home := find_home(mention))} - {path}
        for path in sorted(files)
    }
    sorter = graphlib.TopologicalSorter(needs)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise SourceError(f"files of db/code need each other: {circle}") from error
    result: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result += ready
        sorter.done(*ready)
    return result


def _blank(match: re.Match[str]) -> str:
    kept = "''" if "'" in match.group()[:2] else ""
    return kept + re.sub(r"[^\n]", " ", match.group()[len(kept) :])


def _definitions(path: str, visible: str) -> Iterator[Object]:
    for statement in _STATEMENT.finditer(visible):
        for kind, pattern in _DEFINITIONS.items():
            match = pattern.match(visible, statement.start("create"))
            if match is not None:
                found = match.groupdict()
                name = match["name"]
                if found.get("row") and name.startswith("api."):
                    name += f"({found['row']})"
                yield Object(kind, name, found.get("on"))
                break
        else:
            beginning = " ".join(statement.group("create", "rest"))
            raise SourceError(
                f"db/code/{path}: `{' '.join(beginning.split())[:60]}` does not belong into "
                "db/code: functions, views, policies, triggers and grants do, with qualified "
                "lowercase names; what has state is a migration"
            )


def _grants(path: str, visible: str) -> Iterator[Object]:
    for match in _GRANT.finditer(visible):
        target = _ARGUMENTS.sub("", match["target"])
        if re.match(r"all\s", target):
            raise SourceError(
                f"db/code/{path}: `grant ... on {' '.join(target.split())}` depends on what "
                "happens to exist: name the objects"
            )
        if not re.match(r"(schema|database)\s", target):
            yield from (Object("grants", found["name"]) for found in _MENTION.finditer(target))


def _refuse_shared_objects(files: Iterable[SourceFile]) -> None:
    homes: dict[Object, str] = {}
    for file in files:
        for item in file.objects:
            if item.kind != "grants" and homes.setdefault(item, file.path) != file.path:
                raise SourceError(
                    f"{item} is defined twice: db/code/{homes[item]} and db/code/{file.path}"
                )
