"""An installation of each module's own: its parts are killed at will."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.installation import Installation


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A cluster with fsync on, a migrated database, and no bridge yet."""
    with Installation.running() as made:
        yield made
