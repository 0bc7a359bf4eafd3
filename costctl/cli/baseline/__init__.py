"""Save the aggregates of a period, and show them.

Examples:
  costctl baseline save --period last-month -o baseline.json
  costctl baseline show baseline.json
"""
