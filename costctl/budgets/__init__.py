"""Budgets: a file of limits becomes verdicts over what was spent."""
