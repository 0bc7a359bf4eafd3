"""Where LLM money goes, and what would really lower the bill."""

__version__ = "0.1.0"
