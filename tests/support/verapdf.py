"""veraPDF, the validator of PDF/A that the PDF Association keeps, as a program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

__all__ = ["failures_of", "is_installed"]

_FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "verapdf"


def is_installed() -> bool:
    """Whether ./bootstrap.sh dev could copy it: that takes Java and Maven."""
    return shutil.which("java") is not None and (_FOLDER / ".done").exists()


def failures_of(paths: Iterable[Path], *, flavour: str = "3b") -> list[str]:
    """What veraPDF says of each file that is no PDF/A of the flavour.

    Raises FileNotFoundError where it is not installed.
    """
    if not is_installed():
        raise FileNotFoundError("veraPDF is not here: ./bootstrap.sh dev copies it where Maven is")
    files = [str(path) for path in paths]
    answer = subprocess.run(
        [
            "java",
            "-cp",
            f"{_FOLDER}/*",
            "org.verapdf.apps.GreenfieldCliWrapper",
            "--format",
            "text",
            "-v",
            "--flavour",
            flavour,
            *files,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    verdicts = [one for one in answer.stdout.splitlines() if one.startswith(("PASS", "FAIL"))]
    assert len(verdicts) == len(files), answer.stdout + answer.stderr
    return [one for one in answer.stdout.splitlines() if not one.startswith("PASS")]
