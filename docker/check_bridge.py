"""Exit with 0 when the bridge says that it serves: it listens and has its database."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Ask /health once; returns the exit status."""
    url = f"http://127.0.0.1:{os.environ.get('VOLTARO_OCPP_PORT') or 9000}/health"
    try:
        with urllib.request.urlopen(url, timeout=4):
            return 0
    except (urllib.error.URLError, OSError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
