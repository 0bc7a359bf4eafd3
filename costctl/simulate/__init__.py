"""Simulation: what the bill would be, as frames of worlds over one kernel."""
