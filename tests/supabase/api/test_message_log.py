"""tests/api/test_message_log.py on the database that Supabase's CLI made."""

from tests.api.test_message_log import *  # noqa: F403 - its tests and its fixtures
