"""The registers in docs/ and env.example say what the source says."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ERROR_KEY = re.compile(r"""['"{ ,]error['"]{1,2}\s*[:,]\s*['"]{1,2}([a-z0-9_]+)['"]""")
REGISTER_ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (\d{3}) \| (.+) \|$")


def error_keys_in_source() -> dict[str, set[str]]:
    """Stable error keys by the files of db/ that raise or return them."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "db" / "code").rglob("*.sql")):
        for key in ERROR_KEY.findall(path.read_text()):
            found.setdefault(key, set()).add(str(path.relative_to(ROOT)))
    return found


def register() -> dict[str, tuple[str, str]]:
    """Rows of docs/error_codes.md: key -> (status, sentence)."""
    rows = {}
    for line in (ROOT / "docs" / "error_codes.md").read_text().splitlines():
        if match := REGISTER_ROW.match(line):
            assert match[1] not in rows, f"{match[1]} stands twice in the register"
            rows[match[1]] = (match[2], match[3])
    return rows


def test_every_error_key_of_the_source_is_in_the_register_and_the_other_way_round() -> None:
    source, rows = error_keys_in_source(), register()
    assert len(source) > 20, "the pattern no longer finds the keys"
    missing = {key: files for key, files in source.items() if key not in rows}
    assert not missing, f"add to docs/error_codes.md: {missing}"
    assert not rows.keys() - source.keys(), "no source raises these any more"


def test_the_register_is_sorted() -> None:
    keys = list(register())
    assert keys == sorted(keys)


def test_links_in_the_documentation_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken
