"""tests.demo_remote_start: the story it tells, and how it is run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from db.settings import ROOT
from tests.demo_remote_start import run_demo
from tests.e2e.commands import CommandStack
from tests.support.people import PASSWORD
from tests.support.rest import ApiError


@pytest.fixture
def info(
    command_stack: CommandStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """What `make info` would say of the stack of the tests."""
    monkeypatch.setenv("VOLTARO_HOME", str(tmp_path))
    account = command_stack.account("DEMO-1")
    with command_stack.owner() as owner:
        # The demo driver's own token may charge at this site.
        owner.execute(
            "update core.charge_points set site_id = 1001 where id = %s",
            [account.charge_point_id],
        )
    people = (("operator", "operator"), ("customer", "customer"))
    return {
        "api_url": command_stack.postgrest.url,
        "ocpp_url": command_stack.bridge.url,
        "demo": {
            "accounts": [
                {
                    "email": f"{who}@greenway.example",
                    "password": PASSWORD,
                    "role": role,
                    "tenant": "greenway",
                }
                for who, role in people
            ],
            "charge_point": {"id": account.identity, "key": account.key},
            "id_token": "GWTOKEN1",
        },
    }


def test_the_demo_tells_a_remote_start_from_its_command_to_its_session(
    info: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice, as the meter goes on where it stopped."""
    for _ in range(2):
        checks = asyncio.run(run_demo(info, seconds=1.5))
        assert [check for check in checks if not check.is_right] == []
    story = capsys.readouterr().out
    assert story.count("<-- RemoteStartTransaction") == 2
    assert story.count("<-- RemoteStopTransaction") == 2
    assert story.count("and is accepted.") == 4
    assert "came of command" in story


def test_what_the_api_refuses_ends_the_demo(info: dict[str, Any]) -> None:
    """A charger that nobody has registered is no charger to start at."""
    info["demo"]["accounts"][0]["email"] = "viewer@greenway.example"
    with pytest.raises(ApiError, match="permission_missing"):
        asyncio.run(run_demo(info, seconds=1))


@pytest.mark.parametrize("command", [["-m", "tests.demo_remote_start"], ["by path"]])
def test_it_runs_as_a_module_and_by_its_path(command: list[str], tmp_path: Path) -> None:
    """Each way finds the package that it belongs to."""
    by_path = command == ["by path"]
    words = [str(ROOT / "tests" / "demo_remote_start.py")] if by_path else command
    result = subprocess.run(
        [sys.executable, *words, "--help"],
        cwd=tmp_path if by_path else ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert "from afar" in result.stdout
