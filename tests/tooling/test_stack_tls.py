"""TLS for chargers is one setting away: VOLTARO_OCPP_TLS_PORT and `make start`."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from cryptography import x509

from tests.support.processes import free_port, wait_until
from tests.tooling.test_stack import Home, home

__all__ = ["home"]


def _serial_number(port: int, roots: Path) -> int:
    """Ask /health over TLS; returns the serial number of the certificate that was shown."""
    context = ssl.create_default_context(cafile=str(roots))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        shown = wrapped.getpeercert(True)
        assert shown is not None
        wrapped.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wrapped.recv(1000).startswith(b"HTTP/1.1 ")
    return x509.load_der_x509_certificate(shown).serial_number


def test_one_setting_gives_tls(home: Home) -> None:
    """Certificates are made, served, and replaced in the running bridge."""
    port = free_port()
    home.environment.update(VOLTARO_OCPP_TLS_PORT=str(port), VOLTARO_OCPP_PLAIN="0")
    started = home.run("start")
    assert started.returncode == 0, started.stderr
    assert "made certificates for TLS" in started.stderr
    assert f"chargers       wss://127.0.0.1:{port}/" in started.stdout
    roots = home.directory / "ca" / "ca.pem"
    assert str(roots) in started.stderr
    plain = int(home.environment["VOLTARO_OCPP_PORT"])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", plain)) != 0

    first = _serial_number(port, roots)
    made = home.run("certificates", "ocpp.example.com")
    assert made.returncode == 0, made.stderr
    wait_until(lambda: _serial_number(port, roots) != first, what="the new certificate is shown")

    assert home.run("reset").returncode == 0
    assert not home.directory.exists()


def test_a_taken_tls_port_is_one_line_with_a_way_out(home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        home.environment["VOLTARO_OCPP_TLS_PORT"] = str(other.getsockname()[1])
        refused = home.run("up")
    assert refused.returncode == 1
    assert "VOLTARO_OCPP_TLS_PORT" in refused.stderr
    assert refused.stderr.count("\n") == 1
