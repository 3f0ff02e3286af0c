"""Where the lines of the stack go: the terminal in the foreground, and a log file per part."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

__all__ = ["Console"]

_LOG_LIMIT_BYTES = 20_000_000
"""A log that grows longer moves aside and replaces the one before it: at most twice this a part."""


@dataclass(slots=True)
class Console:
    """Where lines go: the terminal in the foreground, and a log file per part."""

    directory: Path
    is_foreground: bool
    _files: dict[str, IO[str]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        with self._guard:
            print(f"voltaro   | {text}" if self.is_foreground else text, flush=True)

    def line(self, name: str, text: str) -> None:
        """A line that a part wrote. A log that is full is opened anew at the next one."""
        with self._guard:
            if name not in self._files:
                self._files[name] = self._open(name)
            file = self._files[name]
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}\n")
            file.flush()
            if file.tell() > _LOG_LIMIT_BYTES:
                self._files.pop(name).close()
            if self.is_foreground:
                print(f"{name:<10}| {text}", flush=True)

    def _open(self, name: str) -> IO[str]:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.directory / f"{name}.log"
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.old"))
        return path.open("a", encoding="utf-8")

    def tail(self, name: str, lines: int = 5) -> list[str]:
        """The last lines that a part wrote."""
        path = self.directory / f"{name}.log"
        if not path.exists():
            return []
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]

    @contextlib.contextmanager
    def pipe(self, name: str) -> Iterator[int]:
        """A descriptor for a child's output; its lines are read until the child closes it."""
        reader, writer = os.pipe()

        def read() -> None:
            with os.fdopen(reader, encoding="utf-8", errors="replace") as stream:
                for text in stream:
                    self.line(name, text.rstrip("\n"))

        threading.Thread(target=read, name=f"log of {name}", daemon=True).start()
        try:
            yield writer
        finally:
            os.close(writer)
