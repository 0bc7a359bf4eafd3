"""Show, check and maintain the price table.

Examples:
  costctl pricing explain gpt-4o --at 2026-09-01 --tokens 1850/320
  costctl pricing list 'gpt-5*'
"""
