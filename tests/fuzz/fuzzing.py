"""Run the fuzzer on its targets for a while."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from db.settings import ROOT
from tests.fuzz.seeds import SEEDS

__all__ = ["Outcome", "fuzz", "fuzz_all"]

MAX_INPUT_BYTES = 16_384
# One input may not take longer: the event loop of a bridge would stand still for all.
MAX_INPUT_S = 5
MAX_RSS_MIB = 1024
START_S = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went."""

    target: str
    is_clean: bool
    output: str
    finding: bytes | None
    """The input that broke a property."""


def fuzz(target: str, *, seconds: int, seed: int = 0) -> Outcome:
    """Fuzz one target. A `seed` of 0 takes another one each time."""
    with tempfile.TemporaryDirectory(prefix="voltaro-fuzz-") as name:
        folder = Path(name)
        corpus, findings = folder / "corpus", folder / "findings"
        corpus.mkdir()
        findings.mkdir()
        for number, data in enumerate(SEEDS[target]):
            (corpus / f"seed-{number}").write_bytes(data)
        result = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.fuzz.run",
                target,
                f"-max_total_time={seconds}",
                f"-max_len={MAX_INPUT_BYTES}",
                f"-timeout={MAX_INPUT_S}",
                f"-rss_limit_mb={MAX_RSS_MIB}",
                f"-seed={seed}",
                "-print_final_stats=1",
                "-verbosity=1",
                f"-artifact_prefix={findings}/",
                str(corpus),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds + START_S,
            text=True,
            errors="replace",
            check=False,
        )
        found = sorted(findings.iterdir())
        return Outcome(
            target,
            result.returncode == 0 and not found,
            result.stdout,
            found[0].read_bytes() if found else None,
        )


def fuzz_all(*, seconds: int, seed: int = 0) -> list[Outcome]:
    """Fuzz all targets at the same time."""
    with ThreadPoolExecutor(max_workers=len(SEEDS)) as pool:
        return list(pool.map(lambda target: fuzz(target, seconds=seconds, seed=seed), SEEDS))
