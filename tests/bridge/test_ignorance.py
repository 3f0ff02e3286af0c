"""The bridge knows no message by name (DESIGN decision 1): a new one is a new SQL function."""

from __future__ import annotations

import ast
from pathlib import Path

import bridge
from bridge.schemas import request_schemas


def test_no_source_of_the_bridge_names_a_message() -> None:
    names = {
        name.lower() for version in ("1.6", "2.0.1", "2.1") for name in request_schemas(version)
    }
    assert {"reset", "heartbeat", "transactionevent"} <= names
    (folder,) = bridge.__path__
    for file in Path(folder).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.replace("_", "").lower()
                assert words not in names, f"{file.name}:{node.lineno}: {node.value}"
            elif isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                found = name.strip("_").replace("_", "").lower()
                # A word of everyday use is no message.
                assert found not in names - {"reset"}, f"{file.name}:{node.lineno}: {name}"
