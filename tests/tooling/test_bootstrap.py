"""bootstrap.sh in a checkout of the test's own, with empty lists of packages: no network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from db.settings import ROOT
from tests.support.processes import wait_until


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that needs nothing but a virtual environment."""
    shutil.copy(ROOT / "bootstrap.sh", tmp_path)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("# nothing\n")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0"}\n')
    (tmp_path / "package-lock.json").write_text(
        '{"name": "x", "version": "1.0.0", "lockfileVersion": 3,'
        ' "packages": {"": {"name": "x", "version": "1.0.0"}}}\n'
    )
    return tmp_path


def start(checkout: Path) -> subprocess.Popen[str]:
    """Start `./bootstrap.sh runtime` in a process group of its own."""
    return subprocess.Popen(
        ["./bootstrap.sh", "runtime"],
        cwd=checkout,
        env={**os.environ, "PYTHON": getattr(sys, "_base_executable", sys.executable)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def install(checkout: Path) -> str:
    """Run it to its good end; return what it said."""
    process = start(checkout)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def test_an_interrupted_installation_is_made_again(checkout: Path) -> None:
    """Ctrl-C while pip is put into .venv, as the terminal sends it: to the whole group."""
    process = start(checkout)
    wait_until((checkout / ".venv/bin/python").exists, what="the environment is being made")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (checkout / ".venv/.made").exists()

    assert "making it again" in install(checkout)
    subprocess.run([checkout / ".venv/bin/python", "-m", "pip", "--version"], check=True)
    assert install(checkout) == ""

    # Deleting .venv may be interrupted as well, after pip is gone and before the stamps are.
    for package in (checkout / ".venv").glob("lib/python*/site-packages/pip"):
        shutil.rmtree(package)
    assert "making it again" in install(checkout)
