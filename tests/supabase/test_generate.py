"""supabase/migrations is what db/ says, and the generator says no where it must."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db import supabase
from db.exceptions import SourceError
from db.settings import ROOT


def _write_sources(directory: Path, **migrations: str) -> tuple[Path, Path]:
    """Migrations by id (with _ for -), and a folder of code with one function."""
    folder = directory / "migrations"
    folder.mkdir()
    for name, text in migrations.items():
        (folder / f"{name[1:].replace('_', '-')}.sql").write_text(text)
    code = directory / "code" / "api"
    code.mkdir(parents=True)
    (code / "answer.sql").write_text(
        "create or replace function api.answer()\nreturns integer\nlanguage sql\n"
        "as $$\n    select 42\n$$;\n"
    )
    return folder, code.parent


def test_committed_files_are_what_the_sources_say(tmp_path: Path) -> None:
    """Drift fails the build: `make supabase` mends it."""
    result = subprocess.run(
        [sys.executable, "-m", "db", "supabase", "--check"],
        cwd=ROOT,
        env={**os.environ, "VOLTARO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the clock or of chance goes into a file, a version or an order."""
    supabase.write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert supabase.write(tmp_path) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert all(name[:14].isdigit() and name[14] == "_" for name in first)
    assert min(first).endswith("_roles.sql")
    assert max(first).endswith("_code.sql")


def test_a_changed_a_lost_and_a_foreign_file_are_drift(tmp_path: Path) -> None:
    """All of them are named."""
    supabase.write(tmp_path)
    first, second, *_ = sorted(tmp_path.iterdir())
    first.write_text(first.read_text() + "\n")
    second.unlink()
    (tmp_path / "20990101000000_mine.sql").write_text("select 1;\n")
    assert supabase.differences(tmp_path) == [
        f"{first.name} differs from its source",
        f"{second.name} is missing",
        "20990101000000_mine.sql has no source",
    ]
    supabase.write(tmp_path)
    assert supabase.differences(tmp_path) == []


def test_state_and_code_run_as_the_owner(tmp_path: Path) -> None:
    """The CLI connects as `postgres`; what it makes belongs to voltaro_owner all the same."""
    migrations, code = _write_sources(
        tmp_path,
        _0001_first="-- Headers of yoyo stay as comments.\ncreate table core.t (id bigint);",
        _0062_second="-- depends: 0001-first\nselect 2;\n",
    )
    files = supabase.generate(migrations=migrations, code=code)
    assert list(files) == [
        "20260101000000_roles.sql",
        "20260101000001_first.sql",
        "20260101000102_second.sql",
        "20260101230000_code.sql",
    ]
    assert files["20260101000102_second.sql"].endswith(
        "set role voltaro_owner;\n\n-- depends: 0001-first\nselect 2;\n\nreset role;\n"
    )
    code_file = files["20260101230000_code.sql"]
    assert (
        code_file.index("set role voltaro_owner;")
        < code_file.index("function api.answer()")
        < code_file.index("insert into ops.applied_code")
        < code_file.index("select jobs.maintain_partitions();")
        < code_file.index("reset role;")
        < code_file.index("notify pgrst, 'reload schema';")
    )


def test_a_migration_without_a_transaction_is_refused(tmp_path: Path) -> None:
    """The CLI runs each file in one transaction."""
    migrations, code = _write_sources(tmp_path, _0001_first="-- transactional: false\nvacuum;\n")
    with pytest.raises(SourceError, match="transactional: false"):
        supabase.generate(migrations=migrations, code=code)


def test_a_migration_that_depends_on_a_later_number_is_refused(tmp_path: Path) -> None:
    """yoyo orders by `depends`, the CLI by version: they must agree."""
    migrations, code = _write_sources(
        tmp_path,
        _0001_first="-- depends: 0002-second\nselect 1;\n",
        _0002_second="select 2;\n",
    )
    with pytest.raises(SourceError, match="NNNN-name"):
        supabase.generate(migrations=migrations, code=code)


def test_no_secret_is_in_a_migration() -> None:
    """The pepper is made by the database itself; the JWT secret is the project's."""
    text = "\n".join(supabase.generate().values())
    assert "gen_random_bytes(32)" in text
    assert "insert into ops.secrets" in text
    assert "'jwt_secret'," not in text
    assert " password '" not in text.lower()


def test_every_test_of_the_api_runs_here_too() -> None:
    """Each file of tests/api has one in tests/supabase/api that imports its tests: three lines."""
    wanted = {path.name: f"from tests.api.{path.stem} import *" for path in _tests_in("tests/api")}
    found = {path.name: path.read_text() for path in _tests_in("tests/supabase/api")}
    assert set(wanted) == set(found)
    assert [name for name, line in wanted.items() if line not in found[name]] == []


def _tests_in(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("test_*.py"))
