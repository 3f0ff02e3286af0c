"""tests/api/test_exports.py on the database that Supabase's CLI made."""

from tests.api.test_exports import *  # noqa: F403 - its tests and its fixtures
