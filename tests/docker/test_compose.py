"""docker-compose.yml: the same parts from the same settings, and nothing secret in it."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from db import parts
from db.settings import ROOT, Settings
from tests.docker.compose import (
    COMPOSE,
    TEXT,
    MissingVariable,
    command_of,
    environment_of,
    interpolate,
    read_env_file,
    variables,
)
from tests.support.databases import SECRETS

SERVICES = COMPOSE["services"]
SERVING = sorted(set(SERVICES) - {"migrate"})
PYTHON = ["migrate", "bridge", "jobs"]
NOT_IN_CONTAINERS = {
    # The image says it.
    "VOLTARO_HOME",
    # The certificates are in the volume, and so is the bridge's id.
    "VOLTARO_TLS_FOLDER",
    "VOLTARO_TLS_RSA_CERTIFICATE",
    "VOLTARO_TLS_RSA_KEY",
    "VOLTARO_TLS_ECDSA_CERTIFICATE",
    "VOLTARO_TLS_ECDSA_KEY",
    "VOLTARO_TLS_CLIENT_CA",
    "VOLTARO_BRIDGE_ID",
    # Its port is not published.
    "VOLTARO_OCPP_OLD_TLS_PORT",
}


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What docker/make-env.sh writes for a new installation."""
    checkout = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "docker", checkout / "docker")
    subprocess.run([checkout / "docker/make-env.sh"], check=True, capture_output=True)
    return read_env_file((checkout / ".env").read_text())


def _listed_settings() -> set[str]:
    return set(re.findall(r"^(\w+)=", (ROOT / "env.example").read_text(), re.MULTILINE))


def test_the_parts_are_all_there() -> None:
    """PostgreSQL, the one-shot migration, PostgREST, the bridge and the jobs."""
    assert set(SERVICES) == {"db", "migrate", "api", "bridge", "jobs"}
    assert SERVICES["db"]["image"] == "postgres:17"
    assert re.fullmatch(r"postgrest/postgrest:v14\.\d+", SERVICES["api"]["image"])


@pytest.mark.parametrize("service", SERVING)
def test_a_part_that_serves_has_a_health_check_and_comes_back(service: str) -> None:
    """Docker restarts what died and shows what hangs."""
    check = SERVICES[service]["healthcheck"]
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(check)
    assert SERVICES[service]["restart"] == "unless-stopped"
    for word in command_of(service):
        if word.endswith(".py"):
            assert (ROOT / word).is_file()


def test_the_migration_runs_once_and_the_others_wait_for_it() -> None:
    """Nobody serves a half-migrated database."""
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for service in ("api", "bridge", "jobs"):
        assert SERVICES[service]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nothing_runs_as_root_or_may_become_it(service: str) -> None:
    """Our images name their user in the Dockerfile."""
    settings = SERVICES[service]
    assert "build" in settings or settings["user"] not in {"root", "0", "0:0"}
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert settings["cap_drop"] == ["ALL"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(settings)


def test_no_secret_is_in_the_file() -> None:
    """What is secret comes from the environment, without a default."""
    for service, settings in SERVICES.items():
        for name, value in settings["environment"].items():
            if re.search("PASSWORD|SECRET|PEPPER|KEY$|URL|URI$", name):
                for user in re.findall(r"//\w+:([^@]*)@", str(value)):
                    assert re.fullmatch(r"\$\{\w+:\?[^}]*\}", user), (service, name)
                if "//" not in str(value) and not str(value).startswith("@"):
                    assert re.fullmatch(r"\$\{\w+:[?-][^}]*\}", str(value)), (service, name)
    for name, kinds in variables(TEXT).items():
        if re.search("PASSWORD|SECRET|PEPPER|KEY$", name):
            assert not re.search(rf"\$\{{{name}:-[^}}]", TEXT), name
            if "DEMO" not in name:
                assert kinds == {"?"}, f"{name} is required wherever it is used"


def test_missing_secrets_are_one_clear_sentence(env: dict[str, str]) -> None:
    """Each required variable says what makes it."""
    required = {name for name, kinds in variables(TEXT).items() if "?" in kinds}
    assert required <= set(env)
    for name in required:
        with pytest.raises(MissingVariable, match=r"^required variable .* docker/make-env\.sh"):
            interpolate(TEXT, {**env, name: ""})
    assert "${" not in interpolate(TEXT, env)


def test_every_variable_is_a_listed_setting() -> None:
    """env.example lists what the file reads, and what it hands to our parts is read there."""
    listed = _listed_settings()
    assert set(variables(TEXT)) <= listed
    sources = "".join(
        path.read_text()
        for folder in ("db", "bridge", "jobs", "docker")
        for path in sorted((ROOT / folder).glob("*.py"))
    )
    for service in PYTHON:
        for name in SERVICES[service]["environment"]:
            assert name in listed, (service, name)
            # Names of secrets are put together from those of the fields.
            field = name.removeprefix("VOLTARO_").lower()
            assert f'"{name}"' in sources or hasattr(SECRETS, field), (service, name)


@pytest.mark.parametrize("service", ["bridge", "jobs"])
def test_a_part_gets_every_setting_that_it_reads(service: str) -> None:
    """Without it a setting in .env would do nothing; some have no meaning in a container."""
    read = set(
        re.findall(
            r'"(VOLTARO_[A-Z_]+)"',
            "".join(path.read_text() for path in sorted((ROOT / service).rglob("*.py"))),
        )
    )
    assert read - set(SERVICES[service]["environment"]) <= NOT_IN_CONTAINERS


def test_the_defaults_are_those_of_make_up(env: dict[str, str], tmp_path: Path) -> None:
    """Ports, limits and PostgREST's options: one stack, two ways to run it."""
    defaults = dict(re.findall(r"^(\w+)=(.+)$", (ROOT / "env.example").read_text(), re.MULTILINE))
    for name, default in re.findall(r"\$\{(\w+):-([^}]+)\}", TEXT):
        if name in defaults:
            assert default == defaults[name], name

    settings = replace(
        Settings.from_environment({"VOLTARO_HOME": str(tmp_path), **env}),
        external_url="postgresql://voltaro@db:5432/voltaro",
        api_host="127.0.0.1",
    )
    ours = parts.postgrest_environment(settings, jwks=Path("/run/voltaro/jwks.json"), admin_port=1)
    theirs = environment_of("api", env)
    assert set(ours) <= set(theirs)
    by_place = {"PGRST_SERVER_HOST", "PGRST_ADMIN_SERVER_HOST", "PGRST_ADMIN_SERVER_PORT"}
    assert {name: theirs[name] for name in ours if name not in by_place} == {
        name: value for name, value in ours.items() if name not in by_place
    }
    assert environment_of("bridge", env)["VOLTARO_BRIDGE_DATABASE_URL"] == settings.bridge_url
    assert environment_of("jobs", env)["VOLTARO_JOBS_DATABASE_URL"] == settings.jobs_url


def test_only_what_must_be_reached_is_published_and_here_only() -> None:
    """The database never leaves the machine; the others do when their host setting says so."""
    ports = {service: settings.get("ports", []) for service, settings in SERVICES.items()}
    assert ports == {
        "db": ["127.0.0.1:${VOLTARO_DB_PORT:-54330}:5432"],
        "migrate": [],
        "api": ["${VOLTARO_API_HOST:-127.0.0.1}:${VOLTARO_API_PORT:-3000}:3000"],
        "bridge": [
            "${VOLTARO_OCPP_HOST:-127.0.0.1}:${VOLTARO_OCPP_PORT:-9000}:9000",
            "${VOLTARO_OCPP_HOST:-127.0.0.1}:${VOLTARO_OCPP_TLS_PORT:-9443}:9443",
        ],
        "jobs": ["${VOLTARO_FILES_HOST:-127.0.0.1}:${VOLTARO_FILES_PORT:-3080}:3080"],
    }


def test_volumes_are_named_and_mounted_files_exist(env: dict[str, str]) -> None:
    """Data outlives `docker compose down`."""
    named = set(COMPOSE["volumes"])
    used = set()
    for settings in SERVICES.values():
        for mount in settings.get("volumes", []):
            source = interpolate(mount, env).split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_file(), source
            else:
                used.add(source)
    assert used == named
    assert "db-data:/var/lib/postgresql/data" in SERVICES["db"]["volumes"]


def test_make_env_makes_secrets_once_for_their_owner_only(tmp_path: Path) -> None:
    """A second run leaves them: they belong to the data."""
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    for _ in range(2):
        subprocess.run([tmp_path / "docker/make-env.sh"], check=True, capture_output=True)
        content = (tmp_path / ".env").read_text()
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob(".env*")] == [".env"]
    values = read_env_file(content)
    assert len(set(values.values())) == len(values)
    assert all(re.fullmatch("[0-9a-f]{16,64}", value) for value in values.values())
    # OCPP-J 1.6 §6.2.1: a key is 16 to 20 bytes.
    assert 16 <= len(values["VOLTARO_DEMO_CHARGE_POINT_KEY"]) <= 20
    assert set(values) <= _listed_settings()


def test_docker_compose_accepts_the_file(env: dict[str, str], tmp_path: Path) -> None:
    """By Docker's own parser, where the client has the plugin; else by the rules above alone."""
    docker = shutil.which("docker")
    has_plugin = docker is not None and (
        subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
        == 0
    )
    if docker is None or not has_plugin:
        warnings.warn(
            "docker compose is not installed: docker-compose.yml was checked without it",
            stacklevel=1,
        )
        return
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    file = str(ROOT / "docker-compose.yml")
    accepted = subprocess.run(
        [docker, "compose", "--env-file", str(env_file), "--file", file, "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert accepted.returncode == 0, accepted.stderr
