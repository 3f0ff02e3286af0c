"""Fixtures of the rows' tests: one bridge and database a module, and a charger for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from tests.bridge.chargers import add_charger, await_ready
from tests.quirks.evidence import Evidence
from tests.support.databases import Database
from tests.support.processes import RunningBridge

_numbers = itertools.count(1)

AddCharger = Callable[..., Evidence]


@pytest.fixture(scope="module")
def bridge(module_bridge: RunningBridge) -> RunningBridge:
    """A bridge shared by a module's tests, ready for chargers."""
    await_ready(module_bridge)
    return module_bridge


@pytest.fixture(scope="module")
def new_charger(module_database: Database) -> AddCharger:
    """Add a charger to the module's database; keyword arguments are columns of its row."""

    def add(**columns: object) -> Evidence:
        identity = f"Q-{next(_numbers)}"
        add_charger(module_database, identity, **columns)  # type: ignore[arg-type]
        return Evidence(module_database, identity)

    return add


@pytest.fixture
def charger(new_charger: AddCharger) -> Evidence:
    """A fresh charger, and what the database knows of it."""
    return new_charger()
