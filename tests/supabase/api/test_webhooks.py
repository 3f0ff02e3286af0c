"""tests/api/test_webhooks.py on the database that Supabase's CLI made."""

from tests.api.test_webhooks import *  # noqa: F403 - its tests and its fixtures
