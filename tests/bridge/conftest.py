"""Fixtures of the bridge's tests: a bridge that has its database, and chargers for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from tests.bridge.chargers import add_charger, await_ready
from tests.support.databases import Database
from tests.support.processes import RunningBridge

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bridge(module_bridge: RunningBridge) -> RunningBridge:
    """A bridge shared by a module's tests, ready for chargers."""
    await_ready(module_bridge)
    return module_bridge


@pytest.fixture(scope="module")
def new_charger(module_database: Database) -> Callable[..., str]:
    """Add a charger to the module's database; returns its identity."""

    def add(**options: object) -> str:
        identity = f"CP-{next(_numbers)}"
        add_charger(module_database, identity, **options)  # type: ignore[arg-type]
        return identity

    return add


@pytest.fixture
def charger(new_charger: Callable[..., str]) -> str:
    """The identity of a fresh charger."""
    return new_charger()
