"""What the bridge is told: the environment, and the data that ocpp.start_bridge returns."""

from __future__ import annotations

import fcntl
import itertools
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bridge.exceptions import SettingsError
from bridge.limits import Limits
from bridge.proxies import Proxies
from bridge.tls import TlsFiles

__all__ = ["HANDSHAKE_TIMEOUT_S", "Policy", "Settings"]

HANDSHAKE_TIMEOUT_S = 10.0
"""How long a socket may take to connect while the database has not told its own limit yet."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One process, from its environment."""

    database_url: str = field(repr=False)
    """URL of the login `bridge`; holds a password, so it is never shown."""
    host: str
    """Address to listen on."""
    port: int
    """TCP port to listen on; 0 takes a free one."""
    has_plain_port: bool
    """Whether chargers may come without TLS."""
    tls_port: int | None
    """TCP port for TLS; None: none."""
    old_tls_port: int | None
    """TCP port for TLS 1.0 and 1.1, which only listed chargers may use; None: none."""
    tls: TlsFiles | None
    proxies: Proxies
    bridge_id: uuid.UUID
    """Stays the same over restarts, so that an earlier life's connections can be closed."""
    workers: int
    """Database connections for batches of calls; a charger always goes through the same one."""
    log_level: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check the settings. Raises SettingsError naming the variable."""
        env = os.environ if environ is None else environ
        database_url = env.get("VOLTARO_BRIDGE_DATABASE_URL", "")
        if not database_url.startswith(("postgresql://", "postgres://")):
            raise SettingsError(
                "VOLTARO_BRIDGE_DATABASE_URL must look like "
                "postgresql://bridge:password@host:port/database"
            )
        port = _integer(env, "VOLTARO_OCPP_PORT", 9000, 0, 65535)
        plain = env.get("VOLTARO_OCPP_PLAIN") or "1"
        if plain not in {"0", "1"}:
            raise SettingsError(f"VOLTARO_OCPP_PLAIN must be 1 or 0, not {plain!r}")
        tls_port = _port(env, "VOLTARO_OCPP_TLS_PORT")
        old_tls_port = _port(env, "VOLTARO_OCPP_OLD_TLS_PORT")
        has_tls = tls_port is not None or old_tls_port is not None
        tls = TlsFiles.from_environment(env) if has_tls else None
        if tls is None and has_tls:
            raise SettingsError(
                "VOLTARO_OCPP_TLS_PORT needs a certificate: `python -m db certificates` makes "
                "them, or name yours with VOLTARO_TLS_FOLDER"
            )
        if old_tls_port is not None and tls is not None and tls.rsa is None:
            raise SettingsError("VOLTARO_OCPP_OLD_TLS_PORT needs an RSA certificate")
        if plain == "0" and tls_port is None:
            raise SettingsError("VOLTARO_OCPP_PLAIN=0 needs VOLTARO_OCPP_TLS_PORT")
        level = env.get("VOLTARO_LOG_LEVEL") or "info"
        if level not in {"debug", "info", "warning", "error"}:
            raise SettingsError("VOLTARO_LOG_LEVEL must be debug, info, warning or error")
        return cls(
            database_url=database_url,
            host=env.get("VOLTARO_OCPP_HOST") or "127.0.0.1",
            port=port,
            has_plain_port=plain == "1",
            tls_port=tls_port,
            old_tls_port=old_tls_port,
            tls=tls,
            proxies=Proxies.from_environment(env),
            bridge_id=_bridge_id(env, port),
            workers=_integer(env, "VOLTARO_BRIDGE_WORKERS", 2, 1, 32),
            log_level=level,
        )


def _integer(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(f"{name} must be a number from {least} to {most}, not {text!r}")
    return int(text)


def _port(env: Mapping[str, str], name: str) -> int | None:
    return _integer(env, name, 0, 0, 65535) if env.get(name) else None


def _bridge_id(env: Mapping[str, str], port: int) -> uuid.UUID:
    given = env.get("VOLTARO_BRIDGE_ID")
    if given:
        try:
            return uuid.UUID(given)
        except ValueError:
            raise SettingsError(f"VOLTARO_BRIDGE_ID must be a UUID, not {given!r}") from None
    home = Path(env.get("VOLTARO_HOME") or ".voltaro").expanduser()
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Containers may share a home and a port, and one that starts may meet one that drains.
        for number in itertools.count(1):
            suffix = "" if number == 1 else f"-{number}"
            bridge_id = _free_id(home / f"bridge-{port}{suffix}.id")
            if bridge_id is not None:
                return bridge_id
    except OSError as error:
        raise SettingsError(f"cannot keep an id in {home}: {error.strerror}") from error
    raise AssertionError("numbers do not end")


# Id files of this process; each stays locked until it ends.
_id_files: list[IO[str]] = []


def _free_id(path: Path) -> uuid.UUID | None:
    """The id in a file, made if there is none; None while another process goes by it."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    _id_files.append(file)
    file.seek(0)
    try:
        return uuid.UUID(file.read().strip())
    except ValueError:
        bridge_id = uuid.uuid4()
    file.truncate(0)
    file.write(f"{bridge_id}\n")
    file.flush()
    return bridge_id


@dataclass(frozen=True, slots=True)
class Policy:
    """How to treat chargers, as the database says (keys of ocpp.start_bridge)."""

    protocols: Mapping[str, str]
    """WebSocket subprotocol -> OCPP version, e.g. ocpp1.6 -> 1.6."""
    solo_actions: frozenset[str]
    """Messages that touch rows shared by chargers: they go in small batches of their own."""
    ping_interval_s: float
    """How often an open socket is pinged; three intervals without any sign of life end it."""
    silence_s: float
    """The same limit for a charger that has never answered a ping."""
    max_frame_bytes: int
    """The largest message taken from a charger; more is close code 1009."""
    max_json_depth: int
    """The deepest payload taken from a charger."""
    handshake_timeout_s: float
    refusal_s: float
    """A 401 takes a whole number of these, so that its time does not say what was looked up."""
    max_pending_calls: int
    """Calls of one socket that may wait; past that the socket is not read."""
    max_bad_frames: int
    """Unreadable frames and stray answers in a row before a socket is closed."""
    keep_alive_interval_s: float
    """How often the database is told which sockets are open."""
    limits: Limits
    channel: str
    """Where the database rings for this bridge."""
    schema_digests: Mapping[str, str | None]
    """OCPP version -> digest of the request schemas that the database has."""
    settle_s: float
    """A silent link takes commands after so many seconds."""
    command_poll_s: float
    """How often commands are looked for whose bell was missed."""
    max_unanswered_commands: int
    """Commands in a row without an answer after which a socket is closed."""
    admissions_per_s: float
    """Handshakes that go through in a second; more of them wait for their turn."""
    admission_burst: int
    """Handshakes that go through at once after a quiet time."""
    drain_s: float
    """Over how many seconds at most a bridge that stops sends its chargers away."""
    drains_per_s: float
    """How many chargers it sends away in a second, where that takes less time."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Check what ocpp.start_bridge returned. Raises SettingsError naming the key."""
        try:
            protocols = {str(name): str(version) for name, version in data["protocols"].items()}
            return cls(
                protocols=protocols,
                solo_actions=frozenset(map(str, data["solo_actions"])),
                ping_interval_s=_positive(data, "ping_interval_s"),
                silence_s=_positive(data, "silence_s"),
                max_frame_bytes=int(_positive(data, "max_frame_bytes")),
                max_json_depth=int(_positive(data, "max_json_depth")),
                handshake_timeout_s=_positive(data, "handshake_timeout_s"),
                refusal_s=_positive(data, "refusal_s"),
                max_pending_calls=int(_positive(data, "max_pending_calls")),
                max_bad_frames=int(_positive(data, "max_bad_frames")),
                keep_alive_interval_s=_positive(data, "keep_alive_interval_s"),
                limits=Limits.from_json(data),
                channel=str(data["channel"]),
                schema_digests=dict(data["schema_digests"]),
                settle_s=_positive(data, "settle_s"),
                command_poll_s=_positive(data, "command_poll_s"),
                max_unanswered_commands=int(_positive(data, "max_unanswered_commands")),
                admissions_per_s=_positive(data, "admissions_per_s"),
                admission_burst=int(_positive(data, "admission_burst")),
                drain_s=_positive(data, "drain_s"),
                drains_per_s=_positive(data, "drains_per_s"),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                f"ocpp.start_bridge returned unusable settings: {error!r}"
            ) from error


def _positive(data: Mapping[str, Any], key: str) -> float:
    value = float(data[key])
    if not 0 < value < 2**31:
        raise ValueError(f"{key} is {value}")
    return value
