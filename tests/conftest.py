"""Fixtures that every test may use: databases, connections and running parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database, TestCluster, forget_run, get_cluster, make_run
from tests.support.processes import (
    RunningBridge,
    RunningPart,
    running_bridge,
    running_postgrest,
)

_RUN = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller owns the run; workers use what it made."""
    if not hasattr(config, "workerinput"):
        config.stash[_RUN] = make_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server and delete its files."""
    if _RUN in config.stash:
        forget_run(config.stash[_RUN])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many assertions the pgTAP files held, and what the chaos came to."""
    calls = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    properties = [(call, name, value) for call in calls for name, value in call.user_properties]
    counts = [
        value
        for _, name, value in properties
        if name == "pgtap_assertions" and isinstance(value, int)
    ]
    if counts:
        terminalreporter.write_line(f"pgTAP: {sum(counts)} assertions in {len(counts)} files")
    for call, name, value in properties:
        if name == "chaos":
            terminalreporter.write_line(f"{call.nodeid.rpartition('::')[2]}: {value}")


@pytest.fixture(scope="session")
def cluster() -> TestCluster:
    """The run's PostgreSQL, with its templates."""
    return get_cluster()


@pytest.fixture
def database(cluster: TestCluster) -> Iterator[Database]:
    """A migrated database of this test's own, with the personas in it."""
    with cluster.clone() as clone:
        yield clone


@pytest.fixture(scope="module")
def module_database(cluster: TestCluster) -> Iterator[Database]:
    """The same, shared by the tests of a module that do not get in each other's way."""
    with cluster.clone() as clone:
        yield clone


@pytest.fixture
def empty_database(cluster: TestCluster) -> Iterator[Database]:
    """A database before its first migrate."""
    with cluster.empty() as empty:
        yield empty


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection to `database` as the migration login."""
    with psycopg.connect(database.owner_url) as opened:
        yield opened


@pytest.fixture
def postgrest(database: Database, tmp_path: Path) -> Iterator[RunningPart]:
    """PostgREST on `database`; `.url` is its base URL."""
    with running_postgrest(database.settings, tmp_path) as part:
        yield part


@pytest.fixture(scope="module")
def module_postgrest(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPart]:
    """PostgREST on `module_database`."""
    directory = tmp_path_factory.mktemp("postgrest")
    with running_postgrest(module_database.settings, directory) as part:
        yield part


@pytest.fixture
def bridge_process(database: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """The bridge on `database`; a charger appends its identity to `.url`."""
    with running_bridge(database.settings, tmp_path) as part:
        yield part


@pytest.fixture(scope="module")
def module_bridge(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningBridge]:
    """The bridge on `module_database`."""
    directory = tmp_path_factory.mktemp("bridge")
    with running_bridge(module_database.settings, directory) as part:
        yield part
