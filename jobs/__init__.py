"""The jobs runner: asks the database once a second to do what is due."""
