"""Every row of rows.py has a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.quirks.rows import LATER, ROWS

TESTS = Path(__file__).parents[1]


def marked_rows(source: str) -> Iterator[int]:
    """The numbers in `pytest.mark.quirk(...)` of a module."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func) == "pytest.mark.quirk"
        ):
            for argument in node.args:
                assert isinstance(argument, ast.Constant)
                assert isinstance(argument.value, int)
                yield argument.value


def test_every_row_has_a_test_that_bears_its_number() -> None:
    marked = {
        row
        for path in sorted(TESTS.rglob("test_*.py"))
        for row in marked_rows(path.read_text(encoding="utf-8"))
    }
    assert sorted(ROWS.keys() - marked) == [], "rows without a test"
    assert sorted(marked - ROWS.keys()) == [], "tests of rows that are not listed"


def test_the_rows_are_numbered_without_a_gap() -> None:
    assert sorted([*ROWS, *LATER]) == list(range(1, 76))
