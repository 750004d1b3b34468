"""Alembic's environment and the revisions, inside the package so that they are installed with it."""
