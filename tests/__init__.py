"""Everything that `make test` runs; tests/README.md says what is tested where."""
