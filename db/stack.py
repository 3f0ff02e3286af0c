"""The supervisor behind `make up`: starts the parts in order, watches them, ends them.

PostgreSQL -> migrate -> seed (once) -> PostgREST -> bridge -> jobs. A part that dies is started
again after a growing pause. Ctrl-C or SIGTERM ends all of them, last one first.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from db import parts, seed
from db.addresses import check_free, reachable, url_address
from db.cluster import Cluster, embedded_cluster
from db.connection import connect
from db.console import Console
from db.exceptions import StackError, VoltaroError
from db.migrate import migrate
from db.process import start_time
from db.settings import ROOT, Settings
from db.state import Record, end_process, hold_lock, read_record, write_record

__all__ = ["clear_leftovers", "describe", "greeting", "has_other_addresses", "run"]

_READY_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 20.0
_LONGEST_PAUSE_S = 30.0


class _Stop(BaseException):
    """A signal asked the supervisor to end."""


@dataclass(slots=True)
class _Part:
    """One child; `process` is None before its first start."""

    name: str
    start: Callable[[int], subprocess.Popen[bytes]]
    """Start it with its output going to this file descriptor."""
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = 1.0
    """Pause before the next start, should it die."""
    start_again_at: float | None = None


def run(settings: Settings, *, is_foreground: bool = True) -> bool:
    """Run the stack until a signal ends it; return False when it runs already.

    Raises a VoltaroError when it cannot start; everything it started is ended then.
    """
    with hold_lock(settings.home) as is_free:
        if not is_free:
            return False
        console = Console(settings.home / "logs", is_foreground)
        _Supervisor(settings, console).run()
    return True


def describe(settings: Settings) -> dict[str, Any]:
    """What `make info` prints of a stack with these settings."""
    api = url_address(reachable(settings.api_host), settings.api_port)
    if settings.has_plain_port or settings.ocpp_tls_port is None:
        ocpp = f"ws://{url_address(reachable(settings.ocpp_host), settings.ocpp_port)}"
    else:
        ocpp = f"wss://{url_address(reachable(settings.ocpp_host), settings.ocpp_tls_port)}"
    return {
        "api_url": f"http://{api}",
        "ocpp_url": ocpp,
        "portal_url": None,
        "database_url": settings.database_url,
        "demo": seed.describe_demo(settings) if settings.seeds_demo else None,
    }


def has_other_addresses(settings: Settings, info: dict[str, Any]) -> bool:
    """Whether a stack that says `info` of itself was started with other addresses than these."""
    wanted = describe(settings)
    return any(info.get(name) != wanted[name] for name in ("api_url", "ocpp_url", "database_url"))


def clear_leftovers(settings: Settings, say: Callable[[str], None]) -> bool:
    """End what a killed supervisor left running, and say whether there was anything.

    Only to be called while the lock is held: the processes of a living supervisor are its own.
    """
    record = read_record(settings.home)
    found = False
    for name, process in reversed(record.parts.items() if record else ()):
        pid, started = process["pid"], process["started"]
        if name != "postgres" and pid is not None and end_process(pid, started):
            say(f"ended {name} (process {pid}) of an earlier run")
            found = True
    if settings.external_url is None:
        cluster = embedded_cluster(settings)
        pid = cluster.running_pid()
        if pid is not None:
            say(f"stopping PostgreSQL (process {pid}) of an earlier run")
            found = cluster.stop() or found
    write_record(settings.home, None)
    return found


def greeting(info: dict[str, Any]) -> list[str]:
    """Lines for a person on a running stack: addresses, demo accounts, the demo charger."""
    places = [
        f"API            {info['api_url']}",
        f"chargers       {info['ocpp_url']}/<charge point id>",
        f"database       {info['database_url']}",
    ]
    demo = info["demo"]
    if demo is None:
        return places
    charge_point = demo["charge_point"]
    accounts = [
        f"  {account['email']:<30} {account['password']:<17} "
        f"{account['role']:<15} {account['tenant']}"
        for account in demo["accounts"]
    ]
    return [
        *places,
        f"demo charger   {charge_point['id']}, key {charge_point['key']}",
        f"demo token     {demo['id_token']}",
        "demo accounts  (e-mail, password, role, tenant)",
        *accounts,
    ]


class _Supervisor:
    """One run of the stack; the lock is held."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._say = console.say
        self._cluster = embedded_cluster(settings) if settings.external_url is None else None
        self._parts: list[_Part] = []
        self._record = Record(pid=os.getpid(), started=start_time(os.getpid()))

    def run(self) -> None:
        """Start, watch until a signal, stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _raise_stop)
        try:
            clear_leftovers(self._settings, self._say)
            self._start()
            self._watch()
        except _Stop:
            self._say("stopping")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            self._stop()
            write_record(self._settings.home, None)
        self._say("stopped")

    def _start(self) -> None:
        settings = self._settings
        self._check_ports()
        jwks = parts.write_jwks(settings, settings.home / "jwks.json")
        postgrest = parts.find_postgrest()
        write_record(settings.home, self._record)
        if self._cluster is not None:
            self._start_postgres(self._cluster)
        self._say("migrating the database")
        result = migrate(settings)
        self._say(
            f"migrated: {len(result.migrations)} new migration(s), "
            f"{len(result.code.ran)} file(s) of code applied"
        )
        if settings.seeds_demo and seed.seed(settings):
            self._say("made the demo tenants")
        admin_port = _free_port()
        # PostgREST's admin server listens on the address of the API.
        admin = url_address(reachable(settings.api_host), admin_port)
        self._add(
            "postgrest",
            [str(postgrest)],
            parts.postgrest_environment(settings, jwks=jwks, admin_port=admin_port),
            lambda: _answers(f"http://{admin}/ready"),
        )
        if settings.ocpp_tls_port is not None and not settings.has_own_certificates:
            self._make_certificates()
        bridge_port = settings.ocpp_port
        if settings.ocpp_tls_port is not None and not settings.has_plain_port:
            bridge_port = settings.ocpp_tls_port
        self._add(
            "bridge",
            parts.module_command("bridge"),
            parts.bridge_environment(settings),
            lambda: _listens(reachable(settings.ocpp_host), bridge_port),
        )
        self._add(
            "jobs",
            parts.module_command("jobs"),
            parts.jobs_environment(settings),
            self._jobs_are_connected,
        )
        self._record.state = "ready"
        self._record.info = describe(settings)
        write_record(settings.home, self._record)
        self._greet()

    def _make_certificates(self) -> None:
        # Imported where it is needed: without TLS nobody waits for cryptography.
        from db.certificates import ensure_certificates  # noqa: PLC0415 - see above

        if ensure_certificates(self._settings):
            self._say("made certificates for TLS")
        address = url_address(
            reachable(self._settings.ocpp_host), self._settings.ocpp_tls_port or 0
        )
        roots = self._settings.home / "ca" / "ca.pem"
        self._say(f"chargers may use TLS: wss://{address}, root certificates {roots}")

    def _start_postgres(self, cluster: Cluster) -> None:
        if cluster.root != self._settings.home:
            self._say(f"PostgreSQL cannot reach {self._settings.home}: its data is {cluster.root}")
        if not cluster.data.exists():
            self._say("making a new PostgreSQL cluster")
        cluster.initialise()
        self._say(f"starting PostgreSQL on port {cluster.port}")
        part = _Part("postgres", cluster.start, cluster.answers, signal.SIGINT)
        self._launch(part)
        self._parts.append(part)
        cluster.prepare_database(login_password=self._settings.secrets.voltaro_password)

    def _add(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        is_ready: Callable[[], bool],
    ) -> None:
        """Start a part for the first time and wait until it answers."""

        def start(output: int) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                start_new_session=True,
            )

        self._say(f"starting {name}")
        part = _Part(name, start, is_ready)
        self._parts.append(part)
        process = self._launch(part)
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while not is_ready():
            if process.poll() is not None:
                self._fail(part, f"{name} ended with status {process.returncode}")
            if time.monotonic() > deadline:
                self._fail(part, f"{name} does not answer after {_READY_TIMEOUT_S:.0f} s")
            time.sleep(0.05)

    def _fail(self, part: _Part, sentence: str) -> NoReturn:
        time.sleep(0.1)  # the reader of its output is a thread
        lines = self._console.tail(part.name, 1)
        last = f"; its last line: {lines[0]}" if lines else ""
        raise StackError(f"{sentence} ({self._console.directory}/{part.name}.log){last}")

    def _launch(self, part: _Part) -> subprocess.Popen[bytes]:
        with self._console.pipe(part.name) as output:
            part.process = process = part.start(output)
        part.started_at = time.monotonic()
        part.start_again_at = None
        self._record.note_part(part.name, process.pid)
        write_record(self._settings.home, self._record)
        return process

    def _watch(self) -> NoReturn:
        while True:
            time.sleep(0.25)
            for part in self._parts:
                self._look_after(part)

    def _look_after(self, part: _Part) -> None:
        now = time.monotonic()
        if part.start_again_at is not None:
            if now >= part.start_again_at:
                self._say(f"starting {part.name} again")
                try:
                    self._launch(part)
                except (VoltaroError, OSError) as error:
                    self._say(f"{part.name}: {error}")
                    self._start_later(part)
            return
        if part.process is not None and part.process.poll() is not None:
            if now - part.started_at > 60:
                part.pause_s = 1.0
            self._say(f"{part.name} ended unasked (status {part.process.returncode})")
            self._start_later(part)

    def _start_later(self, part: _Part) -> None:
        self._say(f"{part.name} starts again in {part.pause_s:.0f} s")
        part.start_again_at = time.monotonic() + part.pause_s
        part.pause_s = min(part.pause_s * 2, _LONGEST_PAUSE_S)

    def _stop(self) -> None:
        for part in reversed(self._parts):
            process = part.process
            if process is None or process.poll() is not None:
                continue
            process.send_signal(part.stop_signal)
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._say(f"{part.name} does not end, killing it")
                hardest = signal.SIGQUIT if part.name == "postgres" else signal.SIGKILL
                process.send_signal(hardest)
                process.wait()

    def _check_ports(self) -> None:
        settings = self._settings
        check_free(settings.api_host, settings.api_port, name="API", purpose="the API")
        if settings.has_plain_port:
            check_free(settings.ocpp_host, settings.ocpp_port, name="OCPP", purpose="chargers")
        if settings.ocpp_tls_port is not None:
            check_free(
                settings.ocpp_host,
                settings.ocpp_tls_port,
                name="OCPP_TLS",
                purpose="chargers with TLS",
            )
        check_free(
            settings.files_host, settings.files_port, name="FILES", purpose="files of exports"
        )
        if self._cluster is not None:
            check_free("127.0.0.1", self._cluster.port, name="DB", purpose="PostgreSQL")

    def _jobs_are_connected(self) -> bool:
        with connect(self._settings.database_url) as connection:
            row = connection.execute(
                "select from pg_stat_activity where usename = 'jobs' limit 1"
            ).fetchone()
        return row is not None

    def _greet(self) -> None:
        self._say("everything answers")
        # A log file is no place for passwords: `make start` prints these lines itself.
        if self._console.is_foreground:
            for line in greeting(self._record.info):
                self._say(f"  {line}")
            self._say("Ctrl-C stops it")


def _raise_stop(*_: object) -> NoReturn:
    raise _Stop


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    # A proxy in the environment is for other machines.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
