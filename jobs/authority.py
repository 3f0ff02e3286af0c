"""Certificate authorities: who signs the certificates of chargers, and of the bridge.

`LocalAuthority` keeps keys in files, for a first installation and for tests. `CommandAuthority`
hands each request to a program of the operator, which asks whatever authority there is. The
setting VOLTARO_CA says which: `local` (the default) or `command`.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Literal, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jobs.exceptions import AuthorityError
from jobs.requests import read_request

__all__ = [
    "Authority",
    "CommandAuthority",
    "IssuedServer",
    "LocalAuthority",
    "Subject",
    "authority_of",
]

Algorithm = Literal["rsa", "ecdsa"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

# OCPP 1.6 Security Whitepaper A00.FR.502/503 ask for 2048 and 224; a root lives for long.
_ROOT_RSA_BITS = 3072
_SERVER_RSA_BITS = 2048
_ROOT_DAYS = 20 * 365
# Clocks of chargers and ours differ.
_BACKDATED = timedelta(hours=1)
_LONGEST_CHAIN = 100_000
# A program that left its process group may hold its pipes for ever.
_PIPE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate of a charger says, decided by SQL."""

    common_name: str
    organization: str
    days: int


@dataclass(frozen=True, slots=True)
class IssuedServer:
    """A key and its certificate for a TLS server, PEM."""

    key_pem: str
    chain_pem: str


class Authority(Protocol):
    """Signs requests that SQL has accepted."""

    def sign(self, csr_pem: str, subject: Subject) -> str:
        """Return the certificate and what leads to its root, PEM. Raises AuthorityError."""


def authority_of(env: Mapping[str, str]) -> Authority:
    """The authority that the settings name. Raises AuthorityError."""
    name = env.get("VOLTARO_CA") or "local"
    if name == "local":
        return LocalAuthority(Path(env.get("VOLTARO_HOME") or ".voltaro"))
    if name == "command":
        command = shlex.split(env.get("VOLTARO_CA_COMMAND") or "")
        if not command:
            raise AuthorityError("VOLTARO_CA_COMMAND is not set")
        try:
            timeout_s = float(env.get("VOLTARO_CA_TIMEOUT_S") or 30)
        except ValueError as error:
            raise AuthorityError("VOLTARO_CA_TIMEOUT_S is no number") from error
        return CommandAuthority(command, timeout_s=timeout_s)
    raise AuthorityError(f"VOLTARO_CA is local or command, not {name}")


class LocalAuthority:
    """Two roots in `home`/ca, RSA and ECDSA, made at first use; files of mode 0600.

    A charger's certificate is signed by the root of its own kind of key, so that a device that
    knows one algorithm can check the whole chain (A00.FR.317, note). RSA signs with PKCS #1 v1.5:
    A00.FR.505 would rather have PSS, which small TLS libraries cannot check.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "ca"

    @property
    def roots_file(self) -> Path:
        """Both roots, PEM: what a bridge trusts and a charger installs; made when missing."""
        self._ensure()
        return self._folder / "ca.pem"

    def sign(self, csr_pem: str, subject: Subject) -> str:
        """Sign a charger's key for a TLS client; extensions that were asked for are not taken."""
        public = _known_key(read_request(csr_pem).public_key())
        if public is None:
            raise AuthorityError("the request has neither an RSA nor an EC key")
        kind: Algorithm = "rsa" if isinstance(public, rsa.RSAPublicKey) else "ecdsa"
        # A00.FR.509, 511: O and CN, and nothing else. A00.FR.511, note: no subjectAltName.
        name = _name(subject.common_name, subject.organization)
        return self._issue(kind, public, name, subject.days, ExtendedKeyUsageOID.CLIENT_AUTH)

    def issue_server(
        self, names: Sequence[str], algorithm: Algorithm, *, days: int = 397
    ) -> IssuedServer:
        """Make a key and its certificate for a TLS server that is reached by these names.

        The first one is the CN (A00.FR.510); names and addresses are in subjectAltName as well,
        without which nobody but a charger would accept it. Raises AuthorityError.
        """
        key: PrivateKey = (
            rsa.generate_private_key(65537, _SERVER_RSA_BITS)
            if algorithm == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        chain = self._issue(
            algorithm,
            key.public_key(),
            _name(names[0], "Voltaro"),
            days,
            ExtendedKeyUsageOID.SERVER_AUTH,
            x509.SubjectAlternativeName([_general_name(name) for name in names]),
        )
        return IssuedServer(_key_pem(key), chain)

    def _issue(
        self,
        kind: Algorithm,
        public: PublicKey,
        subject: x509.Name,
        days: int,
        usage: x509.ObjectIdentifier,
        *extensions: x509.ExtensionType,
    ) -> str:
        root_key, root = self._load(kind)
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(min(now + timedelta(days=days), root.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(encipherment=kind == "rsa"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
                critical=False,
            )
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return _pem(builder.sign(root_key, hashes.SHA256()))

    def _load(self, kind: Algorithm) -> tuple[PrivateKey, x509.Certificate]:
        self._ensure()
        try:
            key = serialization.load_pem_private_key(
                (self._folder / f"ca-{kind}.key").read_bytes(), None
            )
            root = x509.load_pem_x509_certificate((self._folder / f"ca-{kind}.pem").read_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise AuthorityError(f"the {kind} root cannot be used: {error}") from error
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise AuthorityError(f"the {kind} root has neither an RSA nor an EC key")
        return key, root

    def _ensure(self) -> None:
        """Make what is missing; of several processes that start at once one does it."""
        if (self._folder / "ca.pem").exists():
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._folder / ".lock"):
                for kind in ("ecdsa", "rsa"):
                    if not (self._folder / f"ca-{kind}.pem").exists():
                        self._make_root(kind)
                roots = [self._folder / f"ca-{kind}.pem" for kind in ("ecdsa", "rsa")]
                _write(self._folder / "ca.pem", "".join(root.read_text() for root in roots))
        except OSError as error:
            raise AuthorityError(f"{self._folder} cannot be written: {error}") from error

    def _make_root(self, kind: str) -> None:
        key: PrivateKey = (
            rsa.generate_private_key(65537, _ROOT_RSA_BITS)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        name = _name(f"Voltaro {kind.upper()} root", "Voltaro")
        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        root = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + timedelta(days=_ROOT_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        # The key first: a certificate means that both are there.
        _write(self._folder / f"ca-{kind}.key", _key_pem(key))
        _write(self._folder / f"ca-{kind}.pem", _pem(root))


class CommandAuthority:
    """A program of the operator: CSR on its standard input, chain on its standard output, PEM.

    What the certificate has to say is in its environment: CERTIFICATE_COMMON_NAME,
    CERTIFICATE_ORGANIZATION and CERTIFICATE_DAYS. Any status but 0, no certificate for the key of
    the request within the time, or another name in it is a failure.
    """

    def __init__(self, command: Sequence[str], *, timeout_s: float = 30.0) -> None:
        self._command = list(command)
        self._timeout_s = timeout_s

    def sign(self, csr_pem: str, subject: Subject) -> str:
        """Ask the program. Raises AuthorityError."""
        # Not ours whole: the runner's has the password of its login.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("VOLTARO_")
        } | {
            "CERTIFICATE_COMMON_NAME": subject.common_name,
            "CERTIFICATE_ORGANIZATION": subject.organization,
            "CERTIFICATE_DAYS": str(subject.days),
        }
        answer, complaint, status = self._run(csr_pem, environment)
        if status != 0:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise AuthorityError(
                f"the command ended with status {status}: {lines[-1] if lines else ''}"
            )
        if len(answer) > _LONGEST_CHAIN:
            raise AuthorityError("the answer is too long")
        return _checked(answer, csr_pem, subject)

    def _run(self, csr_pem: str, environment: Mapping[str, str]) -> tuple[bytes, bytes, int]:
        """What the program wrote, no more than the longest answer, and its status.

        What it started ends with it: it is a process group of its own, killed when the program
        has ended or its time is up. Raises AuthorityError.
        """
        with tempfile.TemporaryFile() as request:
            request.write(csr_pem.encode())
            request.seek(0)
            try:
                program = subprocess.Popen(
                    self._command,
                    stdin=request,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                raise AuthorityError(f"the command cannot be run: {error}") from error
        outputs = [_Output(program.stdout), _Output(program.stderr)]
        try:
            status = program.wait(self._timeout_s)
        except subprocess.TimeoutExpired as error:
            raise AuthorityError(f"no answer within {self._timeout_s:g} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
            for output in outputs:
                output.join(_PIPE_TIMEOUT_S)
        return outputs[0].text, outputs[1].text, status


class _Output(threading.Thread):
    """Reads a pipe to its end and keeps its beginning, so that no program fills our memory."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.text = b""
        self.start()

    def run(self) -> None:
        if self._pipe is None:
            return
        with self._pipe as pipe:
            while part := pipe.read(65536):
                if len(self.text) <= _LONGEST_CHAIN:
                    self.text += part


def _checked(answer: bytes, csr_pem: str, subject: Subject) -> str:
    """The certificates of an answer alone, when the first is the one that was asked for."""
    try:
        certificates = x509.load_pem_x509_certificates(answer)
        first = certificates[0]
        is_same_key = _spki(first.public_key()) == _spki(read_request(csr_pem).public_key())
        says = [
            [attribute.value for attribute in first.subject.get_attributes_for_oid(oid)]
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        ]
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"the answer is no certificate: {error}") from error
    if not is_same_key:
        raise AuthorityError("the certificate is for another key")
    if says != [[subject.common_name], [subject.organization]]:
        raise AuthorityError("the certificate says another CN or O than was asked for")
    return "".join(_pem(certificate) for certificate in certificates)


def _known_key(key: object) -> PublicKey | None:
    return key if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else None


def _spki(key: object) -> bytes:
    known = _known_key(key)
    if known is None:
        raise ValueError("neither an RSA nor an EC key")
    return known.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _name(common_name: str, organization: str) -> x509.Name:
    # RFC 5280 allows 64 characters of each; a charger's serial number is what it is.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization, _validate=False),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False),
        ]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, encipherment: bool = False, signs_certificates: bool = False) -> x509.KeyUsage:
    # A00.FR.512. TLS_RSA suites encipher with the server's key.
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _write(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is whole or not there."""
    part = path.with_suffix(path.suffix + ".new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
