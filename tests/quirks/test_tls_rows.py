"""TLS (rows 13 and 14) as chargers see it: what they do not trust, somebody hears of."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from tests.bridge.chargers import add_charger, connected, superuser
from tests.bridge.tls import running_tls_bridge
from tests.quirks.evidence import BOOT, Evidence, result
from tests.support.certificates import Authority
from tests.support.databases import Database
from tests.support.processes import wait_until


@pytest.mark.quirk(13)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_charger_that_trusts_another_root_is_told_of(
    database: Database, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """It came yesterday; with today's chain it does not get beyond TLS, and has no name there."""
    for identity in ("TRUSTING", "PLAIN"):
        add_charger(database, identity)
    trusting, plain = Evidence(database, "TRUSTING"), Evidence(database, "PLAIN")
    with superuser(database) as connection:
        connection.execute(
            "update ops.settings set value = '0.2' where name = 'bridge.keep_alive_interval_s'"
        )
    (tmp_path / "bridge").mkdir()
    stranger = Authority.create(tmp_path, "another-root")
    with running_tls_bridge(database, tmp_path / "bridge") as bridge:
        async with connected(bridge.plain, "PLAIN") as client:
            await result(client, "BootNotification", BOOT)
        context = bridge.context(versions=(version, version))
        async with connected(bridge.tls, "TRUSTING", ssl=context) as client:
            await result(client, "BootNotification", BOOT)
        wait_until(
            lambda: (
                trusting.rows(
                    "select from ops.presence where charge_point_id = %(id)s and is_connected"
                )
                == []
            ),
            what="the charger is away",
        )
        distrustful = ssl.create_default_context(cafile=str(stranger.file))
        distrustful.minimum_version = distrustful.maximum_version = version
        # By hand: the event loop's client closes without the alert that says why.
        with (
            socket.create_connection(("127.0.0.1", bridge.tls.port), timeout=10) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            distrustful.wrap_socket(raw, server_hostname="localhost")
        wait_until(lambda: trusting.alarms() != [], what="the alarm")
        (alarm,) = trusting.alarms()
        assert (alarm["kind"], alarm["severity"]) == ("certificate_distrusted", "critical")
        assert plain.alarms() == []
        # The right root is still served.
        async with connected(bridge.tls, "TRUSTING", ssl=context) as client:
            await result(client, "BootNotification", BOOT)
