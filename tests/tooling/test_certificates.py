"""`python -m db certificates`: what the bridge serves TLS with when nobody has brought anything."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.exceptions import SettingsError as BridgeSettingsError
from bridge.settings import Settings as BridgeSettings
from bridge.tls import TlsFiles, make_context
from db import parts, stack
from db.certificates import ensure_certificates, make_certificates
from db.commands import main
from db.exceptions import SettingsError
from db.settings import Settings
from tests.support.certificates import Authority
from tests.support.databases import SECRETS

_ENVIRONMENT = {"VOLTARO_OCPP_TLS_PORT": "9443", "VOLTARO_BRIDGE_DATABASE_URL": "postgresql://x"}


def _settings(home: Path, **variables: str) -> Settings:
    return Settings.from_environment({"VOLTARO_HOME": str(home), **variables}, secrets=SECRETS)


def _first(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def test_certificates_of_both_kinds_are_made_once(tmp_path: Path) -> None:
    settings = _settings(tmp_path, VOLTARO_OCPP_TLS_PORT="9443")
    assert ensure_certificates(settings)
    folder = tmp_path / "tls"
    made = {kind: _first(folder / f"{kind}.pem") for kind in ("rsa", "ecdsa")}
    assert isinstance(made["rsa"].public_key(), rsa.RSAPublicKey)
    assert isinstance(made["ecdsa"].public_key(), ec.EllipticCurvePublicKey)
    for kind in made:
        assert stat.S_IMODE((folder / f"{kind}.key").stat().st_mode) == 0o600
    assert not ensure_certificates(settings)
    assert {kind: _first(folder / f"{kind}.pem") for kind in made} == made

    # One that is broken, or of an authority that is gone, is made again.
    (folder / "rsa.pem").write_text("nonsense")
    assert ensure_certificates(settings)
    assert _first(folder / "ecdsa.pem") == made["ecdsa"]
    shutil.rmtree(tmp_path / "ca")
    (folder / "ecdsa.key").unlink()
    assert ensure_certificates(settings)
    assert _first(folder / "ecdsa.pem") != made["ecdsa"]


def test_the_names_are_those_that_are_given(tmp_path: Path) -> None:
    folder = make_certificates(_settings(tmp_path), ["ocpp.example.com", "192.0.2.7"])
    for kind in ("rsa", "ecdsa"):
        certificate = _first(folder / f"{kind}.pem")
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert {"ocpp.example.com", "localhost", socket.gethostname()} <= set(
            names.get_values_for_type(x509.DNSName)
        )
        assert ipaddress.ip_address("192.0.2.7") in names.get_values_for_type(x509.IPAddress)
        assert "CN=ocpp.example.com" in certificate.subject.rfc4514_string()


def test_the_bridge_takes_what_was_made(tmp_path: Path) -> None:
    """The folder of the home is where it looks, and the roots are what a client needs."""
    ensure_certificates(_settings(tmp_path))
    settings = BridgeSettings.from_environment({**_ENVIRONMENT, "VOLTARO_HOME": str(tmp_path)})
    assert settings.tls is not None
    assert settings.tls.client_ca == tmp_path / "tls" / "clients.pem"
    context = make_context(settings.tls)
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert {
        root.subject
        for root in x509.load_pem_x509_certificates((tmp_path / "tls" / "clients.pem").read_bytes())
    } == {_first(tmp_path / "ca" / f"ca-{kind}.pem").subject for kind in ("rsa", "ecdsa")}


def test_the_command_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOLTARO_HOME", str(tmp_path))
    assert main(["certificates", "ocpp.example.com"]) == 0
    printed = capsys.readouterr().out
    assert str(tmp_path / "tls" / "rsa.pem") in printed
    assert str(tmp_path / "ca" / "ca.pem") in printed
    # It needs no secrets, and makes none.
    assert not (tmp_path / "secrets.json").exists()


def test_a_home_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "home"
    blocked.mkdir()
    (blocked / "tls").write_text("a file")
    monkeypatch.setenv("VOLTARO_HOME", str(blocked))
    assert main(["certificates"]) == 1
    assert capsys.readouterr().err.startswith("voltaro: ")


# Settings


def test_tls_is_off_unless_its_port_is_set(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    assert settings.ocpp_tls_port is None
    assert parts.bridge_environment(settings)["VOLTARO_OCPP_TLS_PORT"] == ""
    assert stack.describe(replace(settings, seeds_demo=False))["ocpp_url"] == "ws://127.0.0.1:9000"
    bridge = BridgeSettings.from_environment(
        {**parts.bridge_environment(settings), "VOLTARO_BRIDGE_DATABASE_URL": "postgresql://x"}
    )
    assert (bridge.tls, bridge.tls_port, bridge.has_plain_port) == (None, None, True)


def test_without_a_plain_port_chargers_are_sent_to_the_other(tmp_path: Path) -> None:
    settings = _settings(tmp_path, VOLTARO_OCPP_TLS_PORT="9443", VOLTARO_OCPP_PLAIN="0")
    described = stack.describe(replace(settings, seeds_demo=False))
    assert described["ocpp_url"] == "wss://127.0.0.1:9443"


def test_ports_differ(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="differ"):
        _settings(tmp_path, VOLTARO_OCPP_TLS_PORT="9000")


@pytest.mark.parametrize(
    "name", ["VOLTARO_TLS_FOLDER", "VOLTARO_TLS_RSA_CERTIFICATE", "VOLTARO_TLS_ECDSA_CERTIFICATE"]
)
def test_certificates_of_ones_own_are_left_alone(tmp_path: Path, name: str) -> None:
    assert not _settings(tmp_path).has_own_certificates
    assert _settings(tmp_path, **{name: "/somewhere"}).has_own_certificates


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "needs a certificate"),
        ({"VOLTARO_TLS_RSA_CERTIFICATE": "x.pem"}, "go together"),
        ({"VOLTARO_TLS_ECDSA_KEY": "x.key"}, "go together"),
        ({"VOLTARO_OCPP_TLS_PORT": "65536"}, "VOLTARO_OCPP_TLS_PORT"),
        ({"VOLTARO_OCPP_TLS_PORT": "", "VOLTARO_OCPP_PLAIN": "0"}, "needs VOLTARO_OCPP_TLS_PORT"),
        ({"VOLTARO_OCPP_PLAIN": "maybe"}, "VOLTARO_OCPP_PLAIN"),
    ],
)
def test_the_bridge_names_what_is_wrong(
    tmp_path: Path, variables: dict[str, str], problem: str
) -> None:
    with pytest.raises(BridgeSettingsError, match=problem):
        BridgeSettings.from_environment(
            {**_ENVIRONMENT, "VOLTARO_HOME": str(tmp_path), **variables}
        )


def test_the_old_port_needs_an_rsa_certificate(tmp_path: Path) -> None:
    ensure_certificates(_settings(tmp_path))
    (tmp_path / "tls" / "rsa.pem").unlink()
    with pytest.raises(BridgeSettingsError, match="RSA"):
        BridgeSettings.from_environment(
            {**_ENVIRONMENT, "VOLTARO_HOME": str(tmp_path), "VOLTARO_OCPP_OLD_TLS_PORT": "9444"}
        )


def test_certificates_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, "root")
    good, other = authority.issue("a"), authority.issue("b")
    too_short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    weak = authority.issue("weak", key=too_short)
    rsa_one = authority.issue("r", is_rsa=True)
    nothing = TlsFiles(None, None, None)
    ecdsa = (good.certificate, good.key)
    make_context(replace(nothing, ecdsa=ecdsa, client_ca=authority.file))
    for files in (
        replace(nothing, ecdsa=(good.certificate, other.key)),
        replace(nothing, ecdsa=(good.certificate, tmp_path / "missing.key")),
        replace(nothing, ecdsa=(rsa_one.certificate, rsa_one.key)),
        replace(nothing, rsa=(good.certificate, good.key)),
        replace(nothing, rsa=(weak.certificate, weak.key)),
        replace(nothing, ecdsa=ecdsa, client_ca=good.key),
        replace(nothing, ecdsa=ecdsa, client_ca=tmp_path / "missing.pem"),
    ):
        with pytest.raises(BridgeSettingsError):
            make_context(files)
