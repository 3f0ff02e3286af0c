"""A small file system of a test's own, that can be filled to the last byte."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["SmallDisk", "small_disk"]


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (1 << 20, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(b"\0" * size)
        free = os.statvfs(self.path)
        assert free.f_bavail * free.f_frsize < 1 << 16, "the disk could not be filled"

    def release(self) -> None:
        """Give the space back."""
        self._ballast.unlink()


@contextlib.contextmanager
def small_disk(size_mb: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs: as root right away, else in a user namespace of its own.

    Skips the test where the machine forbids both (a container without rights).
    """
    if os.geteuid() == 0:
        with tempfile.TemporaryDirectory(prefix="voltaro-disk-") as directory:
            Path(directory).chmod(0o755)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "tmpfs", directory]
            if subprocess.run(mount, check=False).returncode == 0:
                try:
                    yield SmallDisk(Path(directory))
                finally:
                    # Whoever still has a file open keeps nobody waiting.
                    subprocess.run(["umount", "--lazy", directory], check=True)
                return
    else:
        script = f"mount -t tmpfs -o size={size_mb}m tmpfs /mnt && echo ready && exec sleep 3600"
        holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() == b"ready\n":
                # The namespace's files are reachable from outside by way of the process.
                yield SmallDisk(Path(f"/proc/{holder.pid}/root/mnt"))
                return
        finally:
            holder.kill()
            holder.communicate()
    pytest.skip(f"no file system can be mounted here ({os.strerror(errno.EPERM)})")
