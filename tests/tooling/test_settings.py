"""Settings and secrets: read from the environment, made once, told to nobody."""

from __future__ import annotations

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from db import parts
from db.exceptions import SettingsError
from db.settings import ROOT, Secrets, Settings, login_url, with_options


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secrets.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Secrets.load(path, {}), range(8)))
    assert len({(item.jwt_secret, item.demo_password) for item in made}) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert made[0].jwt_secret not in repr(made[0])


def test_a_secret_of_the_environment_wins_and_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    given = Secrets.load(path, {"VOLTARO_JWT_SECRET": "x" * 32})
    assert given.jwt_secret == "x" * 32
    assert "jwt_secret" not in json.loads(path.read_text())
    assert Secrets.load(path, {}).jwt_secret != "x" * 32
    with pytest.raises(SettingsError, match="too short"):
        Secrets.load(path, {"VOLTARO_JWT_SECRET": "short"})


def test_a_file_from_before_a_new_secret_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Secrets.load(path, {})
    content = json.loads(path.read_text())
    del content["jobs_password"]
    path.write_text(json.dumps(content))
    assert Secrets.load(path, {}).bridge_password == first.bridge_password
    assert json.loads(path.read_text())["jobs_password"]


def test_a_file_that_is_broken_and_one_that_cannot_be_read_differ(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    for content in ("{", "[]", "\udcff"):
        path.write_text(content, errors="surrogateescape")
        with pytest.raises(SettingsError, match=r"repair it, or `make reset` forgets it"):
            Secrets.load(path, {})
    path.unlink()
    path.mkdir()
    for unreadable in (path, tmp_path / "file" / "secrets.json"):
        (tmp_path / "file").touch()
        with pytest.raises(SettingsError, match=r"^cannot read .*VOLTARO_HOME must be a folder"):
            Secrets.load(unreadable, {})
    environment = {"VOLTARO_HOME": str(tmp_path)}
    given = Secrets.generate()
    assert Settings.from_environment(environment, secrets=given).secrets is given


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOLTARO_API_PORT", "0"),
        ("VOLTARO_API_PORT", "9000"),
        ("VOLTARO_DB_PORT", "\u0661"),
        ("VOLTARO_DEMO", "perhaps"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "postgresql://host:port/database"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(SettingsError):
        Settings.from_environment({"VOLTARO_HOME": str(tmp_path), variable: value})


def test_logins_share_the_address_of_the_database(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "VOLTARO_HOME": str(tmp_path),
            "DATABASE_URL": "postgres://me:secret@db.example:6543/ev?sslmode=require",
            "VOLTARO_BRIDGE_PASSWORD": "p@ss/word",
        }
    )
    assert settings.bridge_url == (
        "postgresql://bridge:p%40ss%2Fword@db.example:6543/ev?sslmode=require"
    )
    assert with_options(settings.bridge_url, options="-c role=x").endswith(
        "?sslmode=require&options=-c%20role%3Dx"
    )
    assert login_url("postgresql://h/d", "a b", "c") == "postgresql://a%20b:c@h/d"


def test_outside_keys_stand_beside_ours(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}')
    environment = {"VOLTARO_HOME": str(tmp_path), "VOLTARO_JWKS_FILE": str(outside)}
    settings = Settings.from_environment(environment)
    path = parts.write_jwks(settings, tmp_path / "jwks.json")
    assert [key["kty"] for key in json.loads(path.read_text())["keys"]] == ["oct", "RSA"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    outside.write_text("[]")
    with pytest.raises(SettingsError, match="is not a JWKS"):
        parts.write_jwks(settings, path)


def test_env_example_lists_every_variable() -> None:
    """What is read and what env.example shows are the same names."""
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / "env.example").read_text(), re.MULTILINE))
    read = {
        name
        for folder in ("db", "bridge", "jobs")
        for path in (ROOT / folder).glob("*.py")
        for name in re.findall(r"\"(VOLTARO_[A-Z_]*[A-Z]|DATABASE_URL)\"", path.read_text())
    }
    made = {
        f"VOLTARO_{name.upper()}"
        for name in Secrets.__dataclass_fields__
        if name not in {"postgres_password", "voltaro_password"}
    }
    compose = set(re.findall(r"\bVOLTARO_[A-Z_]+", (ROOT / "docker-compose.yml").read_text()))
    assert read | made | compose == listed


def test_lock_files_pin_everything_and_name_no_registry() -> None:
    package_lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in package_lock
    packages = json.loads(package_lock)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        requirements = re.findall(
            r"^[A-Za-z][^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}\b)", text, re.MULTILINE
        )
        assert len(requirements) == len(re.findall(r"^[A-Za-z]", text, re.MULTILINE))
