"""Settings from the environment, and the secrets that are made once.

`env.example` lists every variable with its default. A secret is taken from the environment
when it is set there (containers, production) and else from `$VOLTARO_HOME/secrets.json`,
which is written once, readable by its owner only.
"""

from __future__ import annotations

import json
import os
import secrets as random
import string
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from db.exceptions import SettingsError

__all__ = ["ROOT", "Secrets", "Settings", "login_url", "with_options"]

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

DATABASE_NAME = "voltaro"


def _password() -> str:
    return random.token_urlsafe(24)


def _word(length: int) -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(random.choice(alphabet) for _ in range(length))


_MAKERS: Mapping[str, Callable[[], str]] = {
    "postgres_password": _password,
    "voltaro_password": _password,
    "authenticator_password": _password,
    "bridge_password": _password,
    "jobs_password": _password,
    "jwt_secret": lambda: random.token_hex(32),
    "charge_point_key_pepper": lambda: random.token_hex(32),
    "demo_password": lambda: _word(16),
    # OCPP-J asks for 16 to 20 bytes in 1.6 and up to 40 characters in 2.0.1: 20 fits both.
    "demo_charge_point_key": lambda: _word(20),
}

_EMBEDDED = frozenset({"postgres_password", "voltaro_password"})
"""Secrets of the embedded server: fixed when it is made, so the environment has no say."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Everything that must not be guessed. `repr` shows none of it."""

    postgres_password: str
    voltaro_password: str
    authenticator_password: str
    bridge_password: str
    jobs_password: str
    jwt_secret: str
    charge_point_key_pepper: str
    demo_password: str
    demo_charge_point_key: str

    def __repr__(self) -> str:
        return "Secrets(...)"

    @classmethod
    def generate(cls) -> Secrets:
        """Return fresh random secrets."""
        return cls(**{name: make() for name, make in _MAKERS.items()})

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str]) -> Secrets:
        """Read the secrets, making the file when a secret is neither there nor in `environ`.

        A variable is called VOLTARO_ and the secret's name in capitals.
        Raises SettingsError when the file cannot be read, parsed or written.
        """
        stored = _read_secrets(path)
        given = {
            name: environ[variable]
            for name in _MAKERS
            if name not in _EMBEDDED and environ.get(variable := f"VOLTARO_{name.upper()}")
        }
        missing = [name for name in _MAKERS if name not in stored and name not in given]
        if missing:
            made = {name: _MAKERS[name]() for name in missing}
            stored = _write_secrets(path, made | stored, is_new=not stored)
        values = {name: given.get(name, stored.get(name, "")) for name in _MAKERS}
        if len(values["jwt_secret"]) < 32:
            raise SettingsError("the JWT secret is too short: 32 characters at least")
        return cls(**values)


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"cannot read {path} ({error.strerror}): VOLTARO_HOME must be a folder of the user who "
            "runs this"
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{path} is not JSON ({error}): repair it, or `make reset` forgets it and the data"
        ) from error
    if not isinstance(content, dict):
        raise SettingsError(
            f"{path} is not a JSON object: repair it, or `make reset` forgets it and the data"
        )
    return {name: str(value) for name, value in content.items() if name in _MAKERS}


def _write_secrets(path: Path, values: dict[str, str], *, is_new: bool) -> dict[str, str]:
    """Write the file and return what it holds: another process may have been first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp gives mode 0600, and a name of its own to each process and thread.
        descriptor, name = tempfile.mkstemp(prefix="secrets.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "w") as file:
            json.dump(values, file, indent=2)
            file.write("\n")
        if not is_new:
            temporary.replace(path)
            return values
        try:
            os.link(temporary, path)
        except FileExistsError:
            return values | _read_secrets(path)
        finally:
            temporary.unlink()
        return values
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Ports are TCP; `external_url` is DATABASE_URL, None when embedded."""

    home: Path
    """Where data, secrets, logs and state live."""
    db_port: int
    api_host: str
    api_port: int
    ocpp_host: str
    ocpp_port: int
    api_max_rows: int
    """Most rows of one API answer; PostgREST's db-max-rows."""
    jwks_file: Path | None
    """JWKS with the public keys of outside OIDC providers, whose tokens are accepted too."""
    seeds_demo: bool
    """Whether an empty database gets the demo tenants."""
    external_url: str | None
    secrets: Secrets
    ocpp_tls_port: int | None = None
    """Where chargers come with TLS; None: nowhere."""
    has_plain_port: bool = True
    """Whether chargers may come without TLS."""
    has_own_certificates: bool = False
    """Whether the certificates of TLS are somebody else's: none are made then."""
    files_host: str = "127.0.0.1"
    files_port: int = 0
    """Where the jobs runner serves the files of exports; 0: on any free port."""

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, secrets: Secrets | None = None
    ) -> Settings:
        """Read and check the settings. Raises SettingsError naming the variable.

        Secrets that are given are taken as they are: secrets.json is neither read nor made.
        """
        env = os.environ if environ is None else environ
        home = (ROOT / Path(env.get("VOLTARO_HOME") or ".voltaro").expanduser()).resolve()
        jwks = env.get("VOLTARO_JWKS_FILE")
        settings = cls(
            home=home,
            db_port=_integer(env, "VOLTARO_DB_PORT", default=54330, most=65535),
            api_host=env.get("VOLTARO_API_HOST") or "127.0.0.1",
            api_port=_integer(env, "VOLTARO_API_PORT", default=3000, most=65535),
            ocpp_host=env.get("VOLTARO_OCPP_HOST") or "127.0.0.1",
            ocpp_port=_integer(env, "VOLTARO_OCPP_PORT", default=9000, most=65535),
            api_max_rows=_integer(env, "VOLTARO_API_MAX_ROWS", default=1000, most=1_000_000),
            jwks_file=(ROOT / Path(jwks).expanduser()).resolve() if jwks else None,
            seeds_demo=_boolean(env, "VOLTARO_DEMO", default=True),
            external_url=_database_url(env.get("DATABASE_URL")),
            secrets=secrets or Secrets.load(home / "secrets.json", env),
            ocpp_tls_port=(
                _integer(env, "VOLTARO_OCPP_TLS_PORT", default=9443, most=65535)
                if env.get("VOLTARO_OCPP_TLS_PORT")
                else None
            ),
            has_plain_port=_boolean(env, "VOLTARO_OCPP_PLAIN", default=True),
            has_own_certificates=bool(
                env.get("VOLTARO_TLS_FOLDER")
                or env.get("VOLTARO_TLS_RSA_CERTIFICATE")
                or env.get("VOLTARO_TLS_ECDSA_CERTIFICATE")
            ),
            files_host=env.get("VOLTARO_FILES_HOST") or "127.0.0.1",
            files_port=_integer(env, "VOLTARO_FILES_PORT", default=3080, most=65535),
        )
        ports = [settings.api_port, settings.ocpp_port, settings.files_port]
        if settings.ocpp_tls_port is not None:
            ports.append(settings.ocpp_tls_port)
        if settings.external_url is None:
            ports.append(settings.db_port)
        if len(set(ports)) < len(ports):
            raise SettingsError(
                "the ports of VOLTARO_DB, _API, _OCPP, _OCPP_TLS and _FILES must differ"
            )
        return settings

    @property
    def database_url(self) -> str:
        """The URL of the migration login: DATABASE_URL, or the embedded server's `voltaro`."""
        if self.external_url is not None:
            return self.external_url
        return _embedded_url("voltaro", self.secrets.voltaro_password, self.db_port, DATABASE_NAME)

    @property
    def superuser_url(self) -> str:
        """The embedded server's superuser, in the maintenance database `postgres`."""
        return _embedded_url("postgres", self.secrets.postgres_password, self.db_port, "postgres")

    @property
    def authenticator_url(self) -> str:
        """What PostgREST connects with."""
        return login_url(self.database_url, "authenticator", self.secrets.authenticator_password)

    @property
    def bridge_url(self) -> str:
        """What the bridge connects with."""
        return login_url(self.database_url, "bridge", self.secrets.bridge_password)

    @property
    def jobs_url(self) -> str:
        """What the jobs runner connects with."""
        return login_url(self.database_url, "jobs", self.secrets.jobs_password)

    def with_database(self, url: str) -> Settings:
        """The same installation on the database of `url`."""
        return replace(self, external_url=url)


def login_url(url: str, user: str, password: str) -> str:
    """Return `url` with another user and password."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{address}"
    return urlunsplit(parts._replace(netloc=netloc))


def with_options(url: str, **options: str) -> str:
    """Return `url` with connection options added to its query."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(options, quote_via=quote)]))
    return urlunsplit(parts._replace(query=query))


def _embedded_url(user: str, password: str, port: int, database: str) -> str:
    return login_url(f"postgresql://127.0.0.1:{port}/{database}", user, password)


def _integer(environ: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise SettingsError(f"{name} must be a number from 1 to {most}, not {text!r}")
    return int(text)


def _boolean(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (environ.get(name) or ("1" if default else "0")).lower()
    if text not in {"0", "1", "false", "true", "no", "yes"}:
        raise SettingsError(f"{name} must be 1 or 0, not {text!r}")
    return text in {"1", "true", "yes"}


def _database_url(text: str | None) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.hostname or not parts.path[1:]:
        raise SettingsError(
            "DATABASE_URL must look like postgresql://user:password@host:port/database"
        )
    try:
        _ = parts.port, unquote(parts.path)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL: {error}") from error
    return urlunsplit(parts._replace(scheme="postgresql"))
