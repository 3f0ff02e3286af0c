"""Files from and for banks: account statements that come, direct debits that go."""
