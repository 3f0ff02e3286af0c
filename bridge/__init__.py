"""The bridge: OCPP-J sockets on one side, SQL functions on the other.

It checks frames, validates them against the schemas of the `ocpp` package and calls the
database; it knows no message by name. `python -m bridge` runs it, docs/architecture.md draws it.
"""
