#!/usr/bin/env bash
# The tour of `make demo`: every line that begins with $ is the command that printed what follows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/${BIN:-.venv/bin}:$PATH" COSTCTL_DB=demo/costctl.duckdb
rm -rf demo
mkdir demo

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

step() {
    printf '\n%s\n$ %s\n' "$bold$1$plain" "${*:2}"
    "${@:2}"
}

step "1. Read a month of logs: hourly sums, JSON lines, logger lines and SQLite" \
    costctl ingest sample_logs/month
step "2. Where does the money go?" \
    costctl breakdown --as-of 2026-10-31T23:59
step "3. Does the team's plan reach the target of 3,200 dollars a month?" \
    costctl simulate --scenario examples/plan.yaml --target 3200 --as-of 2026-10-31T23:59
verdict=0
step "4. Are we within budget? (exit code 1 fails a pipeline)" \
    costctl check --budgets examples/budgets.yaml --as-of 2026-10-31T23:59 || verdict=$?
printf 'exit code %s\n' "$verdict"
case "$verdict" in 0 | 1 | 3) ;; *) exit "$verdict" ;; esac
