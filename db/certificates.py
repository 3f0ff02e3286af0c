"""Certificates of the bridge, signed by the installation's own authority (jobs/authority.py).

For a first installation and for tests: chargers have to be given the roots, `ca/ca.pem`. Where a
public authority is wanted, its files go to VOLTARO_TLS_FOLDER or are named one by one.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from db.control import find_running
from db.exceptions import StackError
from db.settings import Settings
from jobs.authority import LocalAuthority
from jobs.exceptions import AuthorityError

__all__ = ["ensure_certificates", "make_certificates"]

_RENEW_BEFORE = timedelta(days=60)
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def ensure_certificates(settings: Settings) -> bool:
    """Make what is missing in `VOLTARO_HOME/tls`, or ends soon; says whether anything was.

    Raises StackError.
    """
    return _make(settings, (), is_forced=False)


def make_certificates(settings: Settings, names: list[str]) -> Path:
    """Make new ones for these names and addresses, and tell a running bridge.

    Returns the folder. Raises StackError.
    """
    _make(settings, tuple(names), is_forced=True)
    record = find_running(settings)
    bridge = None if record is None else record.parts.get("bridge")
    if bridge is not None and bridge["pid"] is not None:
        os.kill(bridge["pid"], signal.SIGHUP)
    return settings.home / "tls"


def _make(settings: Settings, names: tuple[str, ...], *, is_forced: bool) -> bool:
    folder = settings.home / "tls"
    authority = LocalAuthority(settings.home)
    # The first name is the one in the subject.
    names = tuple(dict.fromkeys((*names, *_LOCAL_NAMES, socket.gethostname())))
    is_made = False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        roots = authority.roots_file
        for algorithm in ("ecdsa", "rsa"):
            certificate = folder / f"{algorithm}.pem"
            if not is_forced and _is_good(certificate, roots):
                continue
            issued = authority.issue_server(names, "rsa" if algorithm == "rsa" else "ecdsa")
            _write(folder / f"{algorithm}.key", issued.key_pem)
            _write(certificate, issued.chain_pem)
            is_made = True
        shutil.copyfile(roots, folder / "clients.pem")
    except AuthorityError as error:
        raise StackError(f"no certificates: {error}") from error
    except OSError as error:
        raise StackError(f"{folder} cannot be written: {error.strerror}") from error
    return is_made


def _is_good(certificate: Path, roots: Path) -> bool:
    """Whether a certificate lasts, and is of the authority that is there now."""
    try:
        first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        issuers = {root.subject for root in x509.load_pem_x509_certificates(roots.read_bytes())}
        if not certificate.with_suffix(".key").exists():
            return False
    except (OSError, ValueError):
        return False
    return first.issuer in issuers and first.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(path.suffix + ".new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
