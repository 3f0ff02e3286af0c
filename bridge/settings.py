"""What the bridge is told: the environment, and the data that ocpp.start_bridge returns."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.exceptions import SettingsError

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
        level = env.get("VOLTARO_LOG_LEVEL") or "info"
        if level not in {"debug", "info", "warning", "error"}:
            raise SettingsError("VOLTARO_LOG_LEVEL must be debug, info, warning or error")
        return cls(
            database_url=database_url,
            host=env.get("VOLTARO_OCPP_HOST") or "127.0.0.1",
            port=port,
            bridge_id=_bridge_id(env, port),
            workers=_integer(env, "VOLTARO_BRIDGE_WORKERS", 2, 1, 32),
            log_level=level,
        )


def _integer(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(f"{name} must be a number from {least} to {most}, not {text!r}")
    return int(text)


def _bridge_id(env: Mapping[str, str], port: int) -> uuid.UUID:
    given = env.get("VOLTARO_BRIDGE_ID")
    if given:
        try:
            return uuid.UUID(given)
        except ValueError:
            raise SettingsError(f"VOLTARO_BRIDGE_ID must be a UUID, not {given!r}") from None
    # Two bridges may share a home, but never a port.
    path = Path(env.get("VOLTARO_HOME") or ".voltaro").expanduser() / f"bridge-{port}.id"
    try:
        return uuid.UUID(path.read_text().strip())
    except (OSError, ValueError):
        bridge_id = uuid.uuid4()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(f"{bridge_id}\n")
        temporary.replace(path)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}") from error
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
    max_frame_bytes: int
    """The largest message taken from a charger; more is close code 1009."""
    max_json_depth: int
    """The deepest payload taken from a charger."""
    handshake_timeout_s: float
    max_pending_calls: int
    """Calls of one socket that may wait; past that the socket is not read."""
    max_bad_frames: int
    """Unreadable frames and stray answers in a row before a socket is closed."""
    keep_alive_interval_s: float
    """How often the database is told which sockets are open."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Check what ocpp.start_bridge returned. Raises SettingsError naming the key."""
        try:
            protocols = {str(name): str(version) for name, version in data["protocols"].items()}
            return cls(
                protocols=protocols,
                solo_actions=frozenset(map(str, data["solo_actions"])),
                ping_interval_s=_positive(data, "ping_interval_s"),
                max_frame_bytes=int(_positive(data, "max_frame_bytes")),
                max_json_depth=int(_positive(data, "max_json_depth")),
                handshake_timeout_s=_positive(data, "handshake_timeout_s"),
                max_pending_calls=int(_positive(data, "max_pending_calls")),
                max_bad_frames=int(_positive(data, "max_bad_frames")),
                keep_alive_interval_s=_positive(data, "keep_alive_interval_s"),
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
