"""A bridge with TLS, and clients of every kind for it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bridge.chargers import await_ready, tuned_bridge
from tests.support.certificates import Authority, Issued
from tests.support.databases import Database
from tests.support.processes import RunningBridge, free_port

__all__ = ["TlsBridge", "client_context", "running_tls_bridge"]


@dataclass(frozen=True, slots=True)
class TlsBridge:
    """A bridge with a plain port, a TLS port and one for old TLS."""

    plain: RunningBridge
    tls: RunningBridge
    """The same process; `url` and `port` are those of TLS."""
    old_tls: RunningBridge
    authority: Authority
    """Signed its certificates, and is who signs those of chargers."""
    files: Mapping[str, Path]
    """rsa.pem, rsa.key, ecdsa.pem and ecdsa.key, as the bridge reads them."""

    def install(self, kind: str, issued: Issued) -> None:
        """Put another certificate where the bridge reads its own."""
        self.files[f"{kind}.pem"].write_bytes(issued.certificate.read_bytes())
        self.files[f"{kind}.key"].write_bytes(issued.key.read_bytes())

    def context(self, **options: Any) -> ssl.SSLContext:
        """A client that trusts it; options as for client_context."""
        return client_context(self.authority, **options)


@contextlib.contextmanager
def running_tls_bridge(
    database: Database,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    **settings: float,
) -> Iterator[TlsBridge]:
    """A bridge with certificates of both kinds, on three free ports."""
    authority = Authority.create(directory, "root")
    names = ("rsa.pem", "rsa.key", "ecdsa.pem", "ecdsa.key")
    files = {name: directory / name for name in names}
    tls_port, old_tls_port = free_port(), free_port()
    variables = {
        "VOLTARO_OCPP_TLS_PORT": str(tls_port),
        "VOLTARO_OCPP_OLD_TLS_PORT": str(old_tls_port),
        "VOLTARO_TLS_RSA_CERTIFICATE": str(files["rsa.pem"]),
        "VOLTARO_TLS_RSA_KEY": str(files["rsa.key"]),
        "VOLTARO_TLS_ECDSA_CERTIFICATE": str(files["ecdsa.pem"]),
        "VOLTARO_TLS_ECDSA_KEY": str(files["ecdsa.key"]),
        "VOLTARO_TLS_CLIENT_CA": str(authority.file),
        **(environment or {}),
    }
    for kind in ("rsa", "ecdsa"):
        issued = authority.issue(f"bridge-{kind}", is_rsa=kind == "rsa")
        files[f"{kind}.pem"].write_bytes(issued.certificate.read_bytes())
        files[f"{kind}.key"].write_bytes(issued.key.read_bytes())
    with tuned_bridge(database, directory, environment=variables, **settings) as plain:
        await_ready(plain)
        ports = (tls_port, old_tls_port)
        tls, old_tls = (replace(plain, url=f"wss://localhost:{port}", port=port) for port in ports)
        yield TlsBridge(plain, tls, old_tls, authority, files)


def client_context(
    authority: Authority,
    *,
    suites: str | None = None,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
    certificate: Issued | None = None,
) -> ssl.SSLContext:
    """A client's TLS; `versions` are the least and the highest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.file)
    if suites is not None:
        context.set_ciphers(suites)
    if versions is not None:
        context.minimum_version, context.maximum_version = versions
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context
