"""HAProxy before several bridges, as a TCP load balancer."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from db.settings import ROOT
from tests.e2e.installation import BridgeProcess
from tests.support.processes import free_port, running, wait_until

__all__ = ["find_haproxy", "running_balancer"]

_UNPACKED = ROOT / ".venv" / "debian"

_CONFIGURATION = """\
global
    maxconn 6000

defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    option redispatch
    retries 3

frontend chargers
    bind 127.0.0.1:{port}
    default_backend bridges

backend bridges
    balance leastconn
    option httpchk GET /health
    default-server check inter 200ms fall 1 rise 1 {proxy}
{servers}
"""


@contextlib.contextmanager
def running_balancer(
    bridges: Sequence[BridgeProcess], directory: Path, *, tells_addresses: bool = False
) -> Iterator[str]:
    """HAProxy on a free port; gives the URL that chargers append their identity to.

    With `tells_addresses` bridges learn the chargers' addresses by the PROXY protocol.
    """
    program, environment = find_haproxy()
    port = free_port()
    configuration = directory / "haproxy.cfg"
    configuration.write_text(
        _CONFIGURATION.format(
            port=port,
            proxy="send-proxy-v2 check-send-proxy" if tells_addresses else "",
            servers="\n".join(
                f"    server bridge{number} 127.0.0.1:{bridge.port}"
                for number, bridge in enumerate(bridges)
            ),
        )
    )
    log = directory / "haproxy.log"
    with running([program, "-db", "-f", str(configuration)], environment, log=log) as process:

        def answers() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"haproxy ended at once:\n{log.read_text()}")
            return _is_well(port)

        wait_until(answers, what="a bridge answers by way of haproxy")
        yield f"ws://127.0.0.1:{port}"


def _is_well(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def find_haproxy() -> tuple[str, Mapping[str, str]]:
    """The program and what its environment needs: installed, or unpacked by bootstrap.sh."""
    installed = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed is not None:
        return installed, {}
    program = _UNPACKED / "usr/sbin/haproxy"
    if not program.exists():
        pytest.fail("haproxy is not here: ./bootstrap.sh dev unpacks it on Debian", pytrace=False)
    libraries = sorted({str(one.parent) for one in (_UNPACKED / "usr/lib").rglob("*.so*")})
    return str(program), {"LD_LIBRARY_PATH": ":".join(libraries)}
