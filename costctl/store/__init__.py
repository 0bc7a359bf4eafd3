"""The only package that speaks to DuckDB."""

from costctl.store.connection import Store

__all__ = ["Store"]
