"""tests/api/test_price.py on the database that Supabase's CLI made."""

from tests.api.test_price import *  # noqa: F403 - its tests and its fixtures
