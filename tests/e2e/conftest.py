"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.commands import CommandStack
from tests.support.databases import Database
from tests.support.people import People
from tests.support.processes import RunningBridge, RunningPart


@pytest.fixture(scope="module")
def command_stack(
    module_database: Database, module_postgrest: RunningPart, module_bridge: RunningBridge
) -> Iterator[CommandStack]:
    """Database, PostgREST and bridge, shared by the tests of a module."""
    with People(module_postgrest.url) as people:
        yield CommandStack(module_database, module_postgrest, module_bridge, people)
