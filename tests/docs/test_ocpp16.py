"""docs/ocpp16.md says what the catalogue, the `ocpp` package and the tests say."""

from __future__ import annotations

import importlib.resources
import re
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from db.settings import ROOT

Connection = psycopg.Connection[tuple[Any, ...]]

PAGE = ROOT / "docs" / "ocpp16.md"
ROW = re.compile(
    r"^\| `([A-Za-z]+)` \| (charger → us|us → charger|both) \| (.*) \| (.*) \| (.*) \|$"
)
CODE = re.compile(r"`([a-z0-9_]+)\.([a-z0-9_]+)`")
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
STEPS = ("prepare", "queued", "finished")


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the page has it."""

    action: str
    section: str
    is_received: bool
    is_sent: bool
    functions: frozenset[tuple[str, str]]
    api: frozenset[tuple[str, str]]
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """The action as functions are named."""
        return re.sub(r"(?<=.)([A-Z])", r"_\1", self.action).lower()


def read_page() -> list[Row]:
    """Read the tables of the page."""
    rows, section = [], ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            section = line
        elif match := ROW.match(line):
            rows.append(
                Row(
                    action=match[1],
                    section=section,
                    is_received=match[2] != "us → charger",
                    is_sent=match[2] != "charger → us",
                    functions=frozenset(CODE.findall(match[3])),
                    api=frozenset(CODE.findall(match[4])),
                    tests=tuple(LINK.findall(match[5])),
                )
            )
    return rows


ROWS = read_page()
EACH = pytest.mark.parametrize("row", ROWS, ids=[row.action for row in ROWS])


@pytest.fixture(scope="module")
def catalogue(module_database: Any) -> Any:
    """Functions of every schema, relations of api, and the actions that may be sent."""
    with psycopg.connect(module_database.owner_url) as connection:
        functions = connection.execute(
            "select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)"
            " from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace"
        ).fetchall()
        relations = connection.execute(
            "select n.nspname, c.relname from pg_class as c"
            " inner join pg_namespace as n on n.oid = c.relnamespace where c.relkind = 'v'"
        ).fetchall()
        sent = connection.execute(
            "select a.action from ops.command_actions as a where a.ocpp_version = '1.6'"
        ).fetchall()
    return functions, relations, {action for (action,) in sent}


def test_every_message_of_the_schemas_has_one_row() -> None:
    """28 of OCPP 1.6 and 11 of the security whitepaper, each once."""
    folder = importlib.resources.files("ocpp") / "v16" / "schemas"
    names = {file.name.removesuffix(".json") for file in folder.iterdir()}
    messages = {name for name in names if not name.endswith("Response")}
    actions = [row.action for row in ROWS]
    assert sorted(actions) == sorted(messages)
    assert [sum(row.section.startswith(f"## The {n}") for row in ROWS) for n in (28, 11)] == [
        28,
        11,
    ]


def test_what_may_be_sent_is_what_the_database_sends(catalogue: Any) -> None:
    """The direction of each row is that of ops.command_actions."""
    assert {row.action for row in ROWS if row.is_sent} == catalogue[2]


@EACH
def test_the_functions_of_a_row_exist_and_none_is_left_out(row: Row, catalogue: Any) -> None:
    """The handler of a message that is received; the hooks of one that is sent."""
    functions, relations, _ = catalogue
    known = {(schema, name) for schema, name, _ in functions}
    assert row.functions
    assert row.functions <= known
    assert row.api
    assert row.api <= known | set(relations)
    assert {schema for schema, _ in row.api} == {"api"}

    expected = {("ocpp16", f"{step}_{row.name}") for step in STEPS} & known
    if row.is_received:
        expected.add(("ocpp16", row.name))
    if row.is_sent:
        expected.add(("fleet", "queue_command"))
    assert row.functions == expected


@EACH
def test_the_tests_of_a_row_exist_and_name_the_message(row: Row) -> None:
    """One of the database at least, and one from end to end."""
    kinds = set()
    for target in row.tests:
        path = (PAGE.parent / target).resolve()
        assert path.is_file(), target
        text = path.read_text()
        assert row.action in text or re.search(rf"\b{row.name}\b", text), target
        kinds.add(path.relative_to(ROOT / "tests").parts[0])
    assert {"db", "e2e"} <= kinds


def test_no_handler_or_hook_is_of_an_unknown_message(catalogue: Any) -> None:
    """A function that nothing would ever call by name is a misspelt one."""
    names = {row.name for row in ROWS}
    handlers = {
        name
        for schema, name, arguments in catalogue[0]
        if schema == "ocpp16" and "ops.ocpp_call" in arguments and "jsonb" in arguments
    }
    hooks = {
        name.partition("_")[2]
        for schema, name, _ in catalogue[0]
        if schema == "ocpp16" and name.startswith(tuple(f"{step}_" for step in STEPS))
    }
    assert handlers
    assert hooks
    assert handlers | hooks <= names
