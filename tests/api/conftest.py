"""The API through the real PostgREST, as the personas of tests/db/personas.sql."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.people import People
from tests.support.processes import RunningPart


@pytest.fixture(scope="module")
def people(module_postgrest: RunningPart) -> Iterator[People]:
    """Everybody, on a database that the tests of a module share."""
    with People(module_postgrest.url) as clients:
        yield clients
