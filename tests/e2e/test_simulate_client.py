"""The command tests.simulate_client: its transcript, its exit status, its meter."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.connection import connect
from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.simulate_client import main
from tests.support.databases import Database
from tests.support.processes import RunningBridge


@pytest.fixture
def account(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    """A charge point whose meter is remembered in a directory of the test."""
    monkeypatch.setenv("VOLTARO_HOME", str(tmp_path))
    with connect(database.owner_url, owner=True) as owner:
        return add_chargers(owner, add_tenant(owner, "simulated"), ["SIM-1"])[0]


def arguments(bridge: RunningBridge, account: Account, **changes: str) -> list[str]:
    """The command line, with some of it changed."""
    values = {
        "--url": bridge.url,
        "--id": account.identity,
        "--key": account.key,
        "--id-token": account.id_token,
        "--energy-wh": "3000",
    } | changes
    return [word for pair in values.items() for word in pair]


def test_sessions_go_on_where_the_meter_stopped(
    database: Database,
    bridge_process: RunningBridge,
    account: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two runs are two good sessions: exit status 0, a transcript, no register reset."""
    for _ in range(2):
        assert main(arguments(bridge_process, account)) == 0
    transcript = capsys.readouterr().out
    assert transcript.count("--> StopTransaction") == 2
    assert transcript.count(": 3000 Wh\n") == 2
    with connect(database.owner_url, owner=True) as owner:
        rows = owner.execute(
            "select s.state, s.energy_wh, s.hold_reason from core.sessions as s"
            " where s.charge_point_id = %s",
            [account.charge_point_id],
        ).fetchall()
    assert rows == [("ended", 3000, None)] * 2


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"--key": "not-the-key-of-it"}, "HTTP status 401"),
        ({"--id-token": "UNKNOWN"}, "the token UNKNOWN is Invalid"),
    ],
)
def test_what_a_charger_cannot_use_is_exit_status_one(
    bridge_process: RunningBridge,
    account: Account,
    changes: dict[str, str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong key and an unknown token end the run with a sentence."""
    assert main(arguments(bridge_process, account, **changes)) == 1
    assert complaint in capsys.readouterr().out


def test_wrong_arguments_are_exit_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    """So scripts tell a typing mistake from a platform that refuses."""
    with pytest.raises(SystemExit) as ended:
        main(["--id", "CP001"])
    assert ended.value.code == 2
    assert "--url" in capsys.readouterr().err
