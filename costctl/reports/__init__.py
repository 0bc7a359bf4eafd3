"""One file a report: pure functions from values to tables."""
