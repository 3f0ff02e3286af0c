"""The project that the tests of this folder share, and the usual fixtures on top of it.

A test of the API that runs here meets the database that the CLI made: `database`, `postgrest`
and their like are overridden.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supabase.project import Project, running_project, running_supabase_postgrest
from tests.support.databases import Database
from tests.support.processes import RunningPart

# tests/supabase/api imports the tests of tests/api: their assertions explain themselves there too.
pytest.register_assert_rewrite("tests.api")


@pytest.fixture(scope="session")
def project() -> Iterator[Project]:
    """A project to which nothing has been pushed yet."""
    directory = Path(os.environ["VOLTARO_TEST_RUN"]) / f"supabase-{os.getpid()}"
    with running_project(directory) as running:
        yield running


@pytest.fixture(scope="session")
def first_push(project: Project) -> str:
    """What the CLI said at the first push."""
    result = project.supabase("db", "push", "--yes")
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.fixture(scope="session")
def pushed(project: Project, first_push: str) -> Project:
    """The project after a push."""
    assert first_push
    return project


@pytest.fixture
def database(pushed: Project) -> Iterator[Database]:
    """The pushed database with personas, for one test."""
    with pushed.clone() as clone:
        yield clone


@pytest.fixture(scope="module")
def module_database(pushed: Project) -> Iterator[Database]:
    """The same, for a module."""
    with pushed.clone() as clone:
        yield clone


@pytest.fixture
def postgrest(database: Database, tmp_path: Path) -> Iterator[RunningPart]:
    """PostgREST on `database`, configured by config.toml and the database."""
    with running_supabase_postgrest(database.settings, tmp_path) as part:
        yield part


@pytest.fixture(scope="module")
def module_postgrest(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPart]:
    """PostgREST on `module_database`."""
    directory = tmp_path_factory.mktemp("postgrest")
    with running_supabase_postgrest(module_database.settings, directory) as part:
        yield part
