"""tests/api/test_tokens.py on the database that Supabase's CLI made."""

from tests.api.test_tokens import *  # noqa: F403 - its tests and its fixtures
