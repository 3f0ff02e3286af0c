"""A charger from its first key to a certificate of its own, through API, bridge, TLS and jobs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from db import parts
from jobs.authority import LocalAuthority
from tests.charger import Charger, HandshakeRefused, Refusal, ocpp_time
from tests.e2e.commands import CommandStack
from tests.support.databases import Database
from tests.support.people import People
from tests.support.processes import (
    RunningPart,
    free_port,
    running,
    running_bridge,
    wait_until,
)
from tests.support.requests import Key, make_certificate, make_name, make_request

Json = dict[str, Any]


@dataclass(slots=True)
class Security:
    """A stack whose bridge speaks TLS and whose jobs runner has the authority."""

    stack: CommandStack
    authority: LocalAuthority
    tls_url: str
    folder: Path

    def context(self, chain: str | None = None, key: Key | None = None) -> ssl.SSLContext:
        """What a charger trusts, and the certificate that it shows, if any."""
        context = ssl.create_default_context(cafile=str(self.authority.roots_file))
        if chain is not None and key is not None:
            file = self.folder / "charger.pem"
            private = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            file.write_bytes(private + chain.encode())
            context.load_cert_chain(file)
        return context

    def places_of(self, secret: str) -> list[str]:
        """Tables and logs in which a text is found."""
        tables = (
            "ops.message_log",
            "ops.commands",
            "ops.command_secrets",
            "ops.failed_messages",
            "core.configuration_keys",
            "core.configuration_changes",
            "core.charge_point_keys",
            "core.audit_log",
        )
        with self.stack.owner() as owner:
            found = [
                table
                for table in tables
                if owner.execute(
                    f"select from {table} as t where t::text ilike %s limit 1",
                    [f"%{secret}%"],
                ).fetchone()
            ]
        return found + [log.name for log in self.folder.glob("*.log") if secret in log.read_text()]

    async def ask(self, function: str, **arguments: Any) -> Json:
        """Queue one command as the admin, without keeping the charger from answering."""
        rows = await asyncio.to_thread(self.stack.send, function, by="greenway.admin", **arguments)
        (row,) = rows
        return row

    async def finished(self, command: Json) -> str:
        """Wait for the final state of a command."""
        row = await asyncio.to_thread(self.stack.finished, command["id"], by="greenway.admin")
        return str(row["state"])

    async def profile(self, identity: str) -> int:
        """The security profile of a charge point."""
        (row,) = await asyncio.to_thread(
            self.stack.read, f"/charge_points?identity=eq.{identity}&select=security_profile"
        )
        return int(row["security_profile"])


@dataclass(slots=True)
class Device:
    """What a charger keeps: its key and its configuration; answers like one."""

    asked: list[tuple[str, Json]] = field(default_factory=list)
    status: str = "Accepted"

    def reply(self, action: str, payload: Json) -> Json | Refusal | None:
        """Answer the central system."""
        self.asked.append((action, payload))
        answer: Json = {"status": self.status}
        if action == "GetInstalledCertificateIds":
            answer["certificateHashData"] = [
                {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "AB",
                    "issuerKeyHash": "CD",
                    "serialNumber": "1F",
                }
            ]
        return answer

    def got(self, action: str) -> Json:
        """The latest payload of an action."""
        return [payload for name, payload in self.asked if name == action][-1]


@pytest.fixture(scope="module")
def security(
    module_database: Database,
    module_postgrest: RunningPart,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Security]:
    """Database, API, a bridge with TLS, and a jobs runner."""
    home = tmp_path_factory.mktemp("security")
    authority = LocalAuthority(home)
    environment = {"VOLTARO_OCPP_TLS_PORT": str(free_port())}
    for kind in ("rsa", "ecdsa"):
        issued = authority.issue_server(["localhost"], kind)
        for name, text in (("CERTIFICATE", issued.chain_pem), ("KEY", issued.key_pem)):
            path = home / f"{kind}-{name}.pem"
            path.write_text(text)
            environment[f"VOLTARO_TLS_{kind.upper()}_{name}"] = str(path)
    environment["VOLTARO_TLS_CLIENT_CA"] = str(authority.roots_file)
    jobs = parts.jobs_environment(module_database.settings) | {"VOLTARO_HOME": str(home)}
    with (
        People(module_postgrest.url) as people,
        running_bridge(module_database.settings, home, environment=environment) as bridge,
        running(parts.module_command("jobs"), jobs, log=home / "jobs.log"),
    ):
        stack = CommandStack(module_database, module_postgrest, bridge, people)
        with stack.owner() as owner:
            owner.execute("update core.tenants set cpo_name = 'Greenway' where id = 101")
        url = f"wss://localhost:{environment['VOLTARO_OCPP_TLS_PORT']}"
        yield Security(stack, authority, url, home)


@asynccontextmanager
async def connected(charger: Charger, **hardware: str) -> AsyncIterator[Charger]:
    """A charger on its socket, booted."""
    async with charger:
        assert (await charger.boot(**hardware)).status == "Accepted"
        yield charger


@contextmanager
def refused() -> Iterator[None]:
    """A handshake that is answered with 401."""
    with pytest.raises(HandshakeRefused) as refusal:
        yield
    assert refusal.value.status == 401


@pytest.mark.parametrize("kind", ["rsa", "ec"])
async def test_a_charger_climbs_from_a_key_to_a_certificate(security: Security, kind: str) -> None:
    identity, serial_number = f"SEC-{kind}", f"SERIAL-{kind}"
    old_key = security.stack.account(identity).key
    plain_url = security.stack.bridge.url
    device = Device()

    # A new key, which nobody saw: A01.
    async with connected(Charger(plain_url, identity, old_key, on_call=device.reply)) as charger:
        command = await security.ask("rotate_charge_point_key", charge_point=identity)
        assert command["payload"] == {"key": "AuthorizationKey", "value": "***"}
        assert await security.finished(command) == "accepted"
        value = device.got("ChangeConfiguration")["value"]
        await charger.close()
    key = bytes.fromhex(value)
    assert len(key) == 20
    assert security.places_of(value) == []
    # It lost power before it stored the key: the old one is still good.
    async with Charger(plain_url, identity, old_key):
        pass
    async with Charger(plain_url, identity, key):
        pass
    with refused():
        await Charger(plain_url, identity, old_key).connect()

    # TLS from now on: A05.
    async with connected(Charger(plain_url, identity, key, on_call=device.reply)):
        command = await security.ask(
            "change_configuration", charge_point=identity, key="SecurityProfile", value="2"
        )
        assert await security.finished(command) == "accepted"
    assert await security.profile(identity) == 1
    tls = security.context()
    async with Charger(security.tls_url, identity, key, tls=tls):
        assert await security.profile(identity) == 2
    with refused():
        await Charger(plain_url, identity, key).connect()
    refusal = await asyncio.to_thread(
        security.stack.refusal,
        "change_configuration",
        by="greenway.admin",
        charge_point=identity,
        key="SecurityProfile",
        value="1",
    )
    assert refusal == (409, "security_profile_lower")

    # A certificate of its own: A02.
    private: Key = (
        rsa.generate_private_key(65537, 2048)
        if kind == "rsa"
        else ec.generate_private_key(ec.SECP256R1())
    )
    charger = Charger(security.tls_url, identity, key, tls=tls, on_call=device.reply)
    async with connected(charger, chargePointSerialNumber=serial_number):
        answer = await charger.call(
            "SignCertificate", {"csr": make_request(private, serial_number, "Greenway")}
        )
        assert answer == {"status": "Accepted"}
        await asyncio.to_thread(
            wait_until,
            lambda: any(name == "CertificateSigned" for name, _ in device.asked),
            what="CertificateSigned",
        )
        chain = device.got("CertificateSigned")["certificateChain"]
        command = await security.ask(
            "change_configuration", charge_point=identity, key="SecurityProfile", value="3"
        )
        assert await security.finished(command) == "accepted"
    own = security.context(chain, private)
    async with Charger(security.tls_url, identity, tls=own) as charger:
        await charger.heartbeat()
        assert await security.profile(identity) == 3
    with refused():
        await Charger(security.tls_url, identity, key, tls=tls).connect()
    with refused():
        await Charger(security.tls_url, "SEC-nobody", tls=own).connect()

    # Revoked: the authority still vouches for it, we do not.
    (row,) = await asyncio.to_thread(
        security.stack.read, f"/charge_point_certificates?subject_common_name=eq.{serial_number}"
    )
    assert row["first_used_at"] is not None
    answered = await asyncio.to_thread(
        security.stack.ask,
        "revoke_charge_point_certificate",
        by="greenway.admin",
        certificate_id=row["id"],
    )
    assert answered.status_code == 200, answered.text
    with refused():
        await Charger(security.tls_url, identity, tls=own).connect()


async def test_a_key_that_is_rejected_changes_nothing(security: Security) -> None:
    account = security.stack.account("SEC-rejects")
    device = Device(status="NotSupported")
    url = security.stack.bridge.url
    async with connected(Charger(url, account.identity, account.key, on_call=device.reply)):
        command = await security.ask("rotate_charge_point_key", charge_point=account.identity)
        assert await security.finished(command) == "rejected"
    refused_key = bytes.fromhex(device.got("ChangeConfiguration")["value"])
    with refused():
        await Charger(url, account.identity, refused_key).connect()
    async with Charger(url, account.identity, account.key):
        pass


async def test_root_certificates_are_installed_listed_and_deleted(security: Security) -> None:
    account = security.stack.account("SEC-roots")
    device = Device()
    url = security.stack.bridge.url
    use = {"certificate_type": "CentralSystemRootCertificate"}

    async def installed() -> list[str]:
        rows = await asyncio.to_thread(
            security.stack.read,
            f"/installed_certificates?charge_point_id=eq.{account.charge_point_id}",
        )
        return [row["serial_number"] for row in rows]

    async with connected(Charger(url, account.identity, account.key, on_call=device.reply)):
        root = make_certificate(ec.generate_private_key(ec.SECP256R1()), make_name("R", "Greenway"))
        command = await security.ask(
            "install_certificate", charge_point=account.identity, certificate=root, **use
        )
        assert await security.finished(command) == "accepted"
        assert device.got("InstallCertificate")["certificate"] == root
        command = await security.ask(
            "get_installed_certificate_ids", charge_point=account.identity, **use
        )
        assert await security.finished(command) == "accepted"
        assert await installed() == ["1F"]
        command = await security.ask(
            "delete_certificate",
            charge_point=account.identity,
            hash_algorithm="SHA256",
            issuer_name_hash="ab",
            issuer_key_hash="cd",
            serial_number="1F",
        )
        assert await security.finished(command) == "accepted"
        deleted = device.got("DeleteCertificate")["certificateHashData"]
        assert (deleted["hashAlgorithm"], deleted["serialNumber"]) == ("SHA256", "1F")
        assert await installed() == []
        command = await security.ask(
            "certificate_signed", charge_point=account.identity, certificate_chain=root
        )
        assert await security.finished(command) == "accepted"
        assert device.got("CertificateSigned") == {"certificateChain": root}


async def test_security_events_are_kept_once_and_alarm(security: Security) -> None:
    account = security.stack.account("SEC-events")
    event = {
        "type": "TamperDetectionActivated",
        "timestamp": ocpp_time(await _now(security, account.identity, account.key)),
        "techInfo": "door",
    }
    async with connected(
        Charger(security.stack.bridge.url, account.identity, account.key)
    ) as charger:
        for _ in range(3):
            assert await charger.call("SecurityEventNotification", event) == {}
    events = security.stack.read(f"/security_events?charge_point_id=eq.{account.charge_point_id}")
    assert [(row["type"], row["is_critical"], row["tech_info"]) for row in events] == [
        ("TamperDetectionActivated", True, "door")
    ]
    (alarm,) = security.stack.read(f"/alarms?charge_point_id=eq.{account.charge_point_id}")
    assert (alarm["kind"], alarm["severity"]) == ("security_tampered", "critical")
    assert (alarm["occurrences"], alarm["cleared_at"]) == (1, None)
    (cleared,) = security.stack.ask("clear_alarm", alarm_id=alarm["id"]).json()
    assert cleared["cleared_at"] is not None


async def _now(security: Security, identity: str, key: str) -> Any:
    async with connected(Charger(security.stack.bridge.url, identity, key)) as charger:
        return await charger.heartbeat()
