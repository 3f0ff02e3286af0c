"""The installation that tests make for themselves leaves nothing behind."""

from __future__ import annotations

from tests.e2e.installation import Installation


def test_all_its_bridges_end_with_it() -> None:
    with Installation.running() as installation:
        installation.start_bridge()
        added = installation.add_bridge("added")
        added.start()
        processes = [installation.bridge, added.process]
    assert all(process is not None and process.poll() is not None for process in processes)
    assert not installation.home.exists()
