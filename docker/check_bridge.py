"""Exit with 0 when the bridge says that it serves: it listens and has its database."""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Ask /health once; returns the exit status."""
    url = f"http://127.0.0.1:{os.environ.get('VOLTARO_OCPP_PORT') or 9000}/health"
    context = None
    if os.environ.get("VOLTARO_OCPP_PLAIN") == "0":
        url = f"https://127.0.0.1:{os.environ.get('VOLTARO_OCPP_TLS_PORT')}/health"
        # It is asked whether it serves, not who it is.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=4, context=context):  # noqa: S310 - our own URL
            return 0
    except (urllib.error.URLError, OSError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
