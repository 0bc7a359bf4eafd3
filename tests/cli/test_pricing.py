"""`costctl pricing` as a person and a script meet it."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from costctl.pricebook import shipped

PRICES = """\
schema: 1
provider: acme
names: [acme_ai]
currency: USD
unit: per_million_tokens
home: true
strip_prefixes: ["acme/"]
regions: {far: {uplift: "1.10"}}
models:
  - id: big-1
    kind: chat
    family: big
    released: 2026-01-01
    retires_on: 2027-01-01
    cheaper_sibling: small-1
    note: the first of its kind
    aliases: [big]
    prices:
      - from: 2026-01-01
        standard: {input: "4", output: "20", cache_read: "0.4", cache_write: "5"}
        batch: {input: "2", output: "10"}
        tiers:
          - min_prompt_tokens: 272001
            mode: whole_request
            standard: {input: "8", output: "30", cache_read: "0.8", cache_write: "10"}
        source: {url: "https://example.org/big", retrieved: 2026-11-01, confidence: high}
  - id: small-1
    kind: chat
    prices:
      - from: null
        first_seen: 2025-06-01
        standard: {input: "1", output: "2"}
        source: {url: "https://example.org/small", retrieved: 2026-11-01, checked: 2026-11-20, confidence: low, conflict: other says 3}
"""


BELOW = """\
schema: 1
provider: vendor
currency: USD
unit: per_million_tokens
home: true
models:
  - id: gpt-0
    prices:
      - from: null
        standard: {input: "3", output: "6"}
        source: {url: "https://example.org/gpt", retrieved: 2026-10-01}
"""


@pytest.fixture
def small_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built-in table of one model: compiling the real one takes its time."""
    table = tmp_path / "built-in"
    (table / "providers").mkdir(parents=True)
    (table / "manifest.yaml").write_text('schema: 1\ntable_version: "2026-11-23"\n')
    (table / "providers" / "vendor.yaml").write_text(BELOW)
    monkeypatch.setattr("costctl.pricebook.settings.shipped", lambda: table)
    return table


@pytest.fixture
def prices(small_table: Path) -> Path:
    """A price file above the built-in table."""
    path = small_table.parent / "acme.yaml"
    path.write_text(PRICES)
    return path


def test_explain_shows_every_step_with_its_line(run, prices):
    done = run(
        "pricing",
        "explain",
        "big",
        "--at",
        "2026-09-01",
        "--tokens",
        300000,
        "--pricing",
        "acme.yaml",
        cwd=prices.parent,
    )
    digest = json.loads(
        run("pricing", "digest", "--json", "--pricing", "acme.yaml", cwd=prices.parent).stdout
    )["pricing"]
    assert done.code == 0
    assert done.stdout == (
        "name      big → big-1                                         alias  acme.yaml:10\n"
        "provider  acme (assumed: home of the model)\n"
        "period    from 2026-01-01, open                                      acme.yaml:19\n"
        "window    none\n"
        "region    global, uplift none\n"
        "tier      standard, prompt 300,000 ≥ 272,001 → whole request         acme.yaml:25\n"
        "overlay   none\n"
        "rates     input 8 · output 30 · cache_read 0.8 · cache_write 10 · cache_write_long 10 (inherited from cache_write)"
        " · reasoning 30 (inherited from output)\n"
        "source    https://example.org/big, retrieved 2026-11-01, confidence high\n"
        "cost      300,000 input tokens = $2.40\n"
        f"table     {digest['version']} sha256 {digest['sha256']}\n"
    )  # fmt: skip


def test_explain_as_json_holds_the_same_figures(run, prices):
    done = run(
        "pricing",
        "explain",
        "acme/big-1",
        "--region",
        "far",
        "--tokens",
        "1000/500",
        "--pricing",
        prices,
        "--json",
    )
    result = json.loads(done.stdout)["result"]
    assert done.code == 0
    assert result["price_basis"] == "exact"
    assert result["usd_per_1m"]["input"] == 4.4
    assert result["cost_usd"] == 0.0154
    assert result["source"]["url"] == "https://example.org/big"
    assert result["inherited"] == [
        "cache_write_long",
        "reasoning",
        "audio_input",
        "image_input",
        "audio_output",
        "image_output",
    ]


@pytest.mark.parametrize(
    ("flags", "basis"),
    [
        (("small-1", "--at", "2025-01-01"), "assumed_start"),
        (("big", "--at", "2026-06-01"), "alias"),
        (("big-1", "--at", "2025-06-01"), "unpriced"),
        (("big-1", "--tier", "flex"), "unpriced"),
        (("big-1", "--region", "near"), "unpriced"),
        (("big-2",), "unpriced"),
        (("big-1", "--provider", "reseller"), "unpriced"),
    ],
)
def test_explain_says_how_sure_a_price_is_and_ends_with_3_without_one(run, prices, flags, basis):
    done = run("pricing", "explain", *flags, "--pricing", prices, "--json")
    assert json.loads(done.stdout)["result"]["price_basis"] == basis
    assert done.code == (3 if basis == "unpriced" else 0)


def test_explain_of_an_unknown_name_says_what_was_tried(run, prices):
    done = run("pricing", "explain", "ACME/Big-11", "--pricing", prices)
    assert done.code == 3
    assert "tried     ACME/Big-11 · acme/big-11 · big-11" in done.stdout
    assert "no price  unknown model" in done.stdout
    assert "did you mean big-1?" in done.stdout
    assert "has no price: unknown model" in done.stderr


@pytest.mark.usefixtures("prices")
def test_explain_of_a_deployment_follows_the_settings(run, tmp_path):
    config = "version: 1\npricing:\n  table: acme.yaml\n  deployments: [{deployment: chat, provider: acme, model: big, region: far}]\n"
    (tmp_path / "costctl.yaml").write_text(config)
    done = run(
        "pricing",
        "explain",
        "chat",
        "--deployment",
        "chat",
        "--tokens",
        "input=1000,cache_read=1000",
    )
    assert done.code == 0, done.stderr
    assert "acme (assumed: of the deployment)" in done.stdout
    assert "far, uplift 1.1" in done.stdout
    assert "= $0.00484" in done.stdout


@pytest.mark.usefixtures("small_table")
@pytest.mark.parametrize("tokens", ["abc", "-5", "1/2/3", "inptu=5", "input=", "1e3", ""])
def test_a_count_that_is_none_is_a_wrong_command_line(run, tokens):
    assert run("pricing", "explain", "gpt-4o", f"--tokens={tokens}").code == 2


@pytest.mark.parametrize("form", ["csv", "markdown", "plain", "jsonl"])
def test_explain_has_every_form(run, prices, form):
    done = run("pricing", "explain", "big", "--pricing", prices, "--format", form)
    assert done.code == 0
    assert "big → big-1" in done.stdout


def test_list_shows_prices_in_force_and_aliases_only_when_asked(run, prices):
    flags = ("--pricing", prices, "--provider", "acme", "--json")
    rows = json.loads(run("pricing", "list", *flags).stdout)["result"]["rows"]
    assert [row["model"] for row in rows] == ["big-1", "small-1"]
    assert rows[0]["usd_per_1m"] == {"input": 4, "output": 20, "cache_read": 0.4, "cache_write": 5}
    assert (rows[0]["tiers"], rows[0]["retires_on"], rows[1]["source_age_days"]) == (
        ["batch"],
        "2027-01-01",
        3,
    )
    rows = json.loads(run("pricing", "list", "big*", *flags).stdout)["result"]["rows"]
    assert [(row["model"], row["means"]) for row in rows] == [("big", "big-1"), ("big-1", "big-1")]
    rows = json.loads(run("pricing", "list", *flags, "--at", "2025-06-01").stdout)["result"]["rows"]
    assert [bool(row["usd_per_1m"]) for row in rows] == [False, True]


@pytest.mark.usefixtures("small_table")
def test_list_of_nothing_ends_with_3(run):
    done = run("pricing", "list", "gpt-01")
    assert done.code == 3
    assert "did you mean" in done.stderr


def test_show_tells_the_whole_history(run, prices):
    done = run("pricing", "show", "big", "--pricing", prices)
    assert done.code == 0
    for part in (
        "cheaper: small-1",
        "the first of its kind",
        "regions far, global",
        "272,001",
        "https://example.org/big",
    ):
        assert part in done.stdout
    rows = json.loads(
        run("pricing", "show", "big", "--pricing", prices, "--region", "all", "--json").stdout
    )["result"]["rows"]
    assert [(r["region"], r["tier"], r["min_prompt_tokens"], r["usd_per_1m"]["input"]) for r in rows] == [
        ("far", "standard", 0, 4.4),
        ("far", "standard", 272001, 8.8),
        ("far", "batch", 0, 2.2),
        ("global", "standard", 0, 4),
        ("global", "standard", 272001, 8),
        ("global", "batch", 0, 2),
    ]  # fmt: skip


@pytest.mark.usefixtures("small_table")
def test_show_of_an_unknown_name_ends_with_3(run):
    done = run("pricing", "show", "gpt-01")
    assert done.code == 3
    assert "did you mean" in done.stderr


def test_digest_names_version_and_counts(run):
    done = run("pricing", "digest", "--json")
    body = json.loads(done.stdout)
    assert body["pricing"] == {key: body["result"][key] for key in ("version", "sha256")}
    assert {"openai", "azure"} <= {row["provider"] for row in body["result"]["rows"]}


def test_validate_accepts_the_shipped_table(run):
    done = run("pricing", "validate", "--strict")
    assert (done.code, done.stderr) == (0, "")
    assert run("pricing", "validate", shipped(), "--strict").code == 0


def test_validate_lists_every_error_with_its_line(run, prices):
    prices.write_text(PRICES.replace('"20"', "20").replace('input: "1"', "inptu: '1'"))
    done = run("pricing", "validate", "acme.yaml", cwd=prices.parent)
    assert done.code == 2
    assert "acme.yaml:20: output: '20': quote it: \"20\"" in done.stderr
    assert "acme.yaml:32:" in done.stderr
    assert done.stdout == ""


WARNINGS = {
    "unit_suspect": ('input: "4"', 'input: "4000"'),
    "cache_dearer": ('cache_read: "0.4"', 'cache_read: "4.4"'),
    "write_cheaper": ('cache_write: "5"', 'cache_write: "3"'),
    "swapped": ('output: "20"', 'output: "1.9"'),
    "tier_order": ('batch: {input: "2"', 'batch: {input: "5"'),
    "tier_incomplete": (', cache_read: "0.8"', ""),
    "stale_price": (
        "retrieved: 2026-11-01, confidence: high",
        "retrieved: 2026-08-01, confidence: high",
    ),
    "sibling_not_cheaper": ('standard: {input: "1"', 'standard: {input: "4"'),
    "sibling_retired": ("id: small-1", "id: small-1\n    retires_on: 2026-11-01"),
}


@pytest.mark.parametrize("code", sorted(WARNINGS))
def test_a_suspicious_price_is_a_warning_until_it_is_acknowledged(run, prices, code):
    old, new = WARNINGS[code]
    assert old in PRICES
    text = PRICES.replace(old, new)
    prices.write_text(text)
    found = json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]
    assert code in {row["code"] for row in found}
    assert all(row["where"].startswith(f"{prices}:") for row in found)
    assert run("pricing", "validate", prices, "--strict").code == 2
    codes = ", ".join({row["code"] for row in found})
    prices.write_text(text.replace("        source:", f"        ack: [{codes}]\n        source:"))
    done = run("pricing", "validate", prices, "--strict")
    assert done.code == 0, done.stdout


AFTER = """\
      - from: 2026-06-01
        standard: {input: "%s", output: "%s", cache_read: "0.4", cache_write: "5"}
        batch: {input: "2", output: "10"}
        source: {url: "https://example.org/big", retrieved: 2026-11-01, confidence: high}
  - id: small-1
"""


@pytest.mark.parametrize(
    ("input_price", "output_price", "code"),
    [
        ("0.4", "20", "moved_by_power"),
        ("16", "20", "moved_by_power"),
        ("20", "4", "swapped"),
        ("5", "20", None),
    ],
)
def test_a_suspicious_move_is_a_warning(run, prices, input_price, output_price, code):
    prices.write_text(PRICES.replace("  - id: small-1\n", AFTER % (input_price, output_price), 1))
    found = json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]
    codes = {row["code"] for row in found} & {"moved_by_power", "swapped"}
    assert (code in codes) if code else not codes


def test_time_without_a_price_between_two_periods_is_a_warning(run, prices):
    text = PRICES.replace("  - id: small-1\n", AFTER % ("5", "20"), 1)
    prices.write_text(
        text.replace("from: 2026-01-01\n", "from: 2026-01-01\n        to: 2026-05-01\n")
    )
    found = json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]
    assert [row["message"] for row in found if row["code"] == "gap"] == [
        "big-1: no price from 2026-05-01 00:00:00 to 2026-06-01 00:00:00"
    ]


def test_an_announced_price_that_nobody_confirmed_is_a_warning(run, prices):
    scheduled = AFTER.replace(
        "from: 2026-06-01",
        "from: 2026-11-01\n        scheduled: true\n        announced: 2026-09-01",
    )
    prices.write_text(PRICES.replace("  - id: small-1\n", scheduled % ("5", "20"), 1))
    codes = [
        r["code"]
        for r in json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]
    ]
    assert codes == ["scheduled_unconfirmed"]
    prices.write_text(
        prices.read_text().replace(
            "announced: 2026-09-01", "announced: 2026-09-01\n        confirmed: 2026-11-02"
        )
    )
    assert not json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]


@pytest.mark.usefixtures("small_table")
def test_a_price_file_that_is_missing_is_an_error(run):
    assert run("pricing", "validate", "none.yaml").code == 2
    assert run("pricing", "list", "--pricing", "none.yaml").code == 2


@pytest.mark.usefixtures("small_table")
def test_the_table_as_known_before_its_first_day_is_an_error(run):
    done = run("pricing", "digest", "--pricing", "2020-01-01")
    assert done.code == 2
    assert "knows nothing before" in done.stderr


def test_a_whole_table_is_checked_by_itself(run, tmp_path):
    table = tmp_path / "table"
    shutil.copytree(shipped(), table)
    for path in (table / "providers").glob("*.yaml"):
        if path.stem not in {"openai", "azure"}:
            path.unlink()
    done = run("pricing", "validate", table, "--json")
    assert json.loads(done.stdout)["result"]["counts"]["providers"] == 2


@pytest.mark.parametrize(
    "flags",
    [
        ("list",),
        ("list", "big", "--at", "2025-01-01"),
        ("digest",),
        ("validate",),
        ("show", "big", "--region", "all"),
        ("explain", "big", "--tokens", "1000/20"),
        ("explain", "nothing-like-it"),
        ("diff", "--against", "2026-11-01"),
    ],
)
def test_every_answer_fits_its_schema(run, prices, flags):
    done = run("pricing", *flags, "--pricing", prices, "--json")
    schema = json.loads(run("schema", f"pricing-{flags[0]}").stdout)
    jsonschema.validate(json.loads(done.stdout), schema)


def test_a_sibling_of_another_kind_is_a_warning(run, prices):
    prices.write_text(
        PRICES.replace("id: small-1\n    kind: chat", "id: small-1\n    kind: embedding")
    )
    found = json.loads(run("pricing", "validate", prices, "--json").stdout)["result"]["rows"]
    assert [row["message"] for row in found] == [
        "big-1: cheaper_sibling small-1 is of another kind"
    ]


ANNOUNCED = """\
  - id: next-1
    prices:
      - from: 2027-01-01
        scheduled: true
        announced: 2026-11-01
        standard: {input: "1", output: "2"}
        source: {url: "https://example.org/next", retrieved: 2026-11-01, confidence: high}
  - id: gone-1
    prices:
      - from: 2026-01-01
        withdrawn: 2026-02-01
        standard: {input: "1", output: "2"}
        source: {url: "https://example.org/gone", retrieved: 2026-01-01, confidence: high}
"""


@pytest.mark.parametrize("sibling", ["next-1", "gone-1"])
def test_a_sibling_without_a_price_yet_is_not_compared(run, prices, sibling):
    text = PRICES.replace("cheaper_sibling: small-1", f"cheaper_sibling: {sibling}") + ANNOUNCED
    prices.write_text(text)
    done = run("pricing", "validate", prices, "--strict")
    assert done.code == 0, done.stdout
    shown = json.loads(run("pricing", "list", "gone-1", "--pricing", prices, "--json").stdout)
    assert shown["result"]["rows"][0]["usd_per_1m"] == {}


def test_show_names_every_alias_of_a_model(run, prices):
    prices.write_text(PRICES.replace("aliases: [big]", "aliases: [big, huge]"))
    assert "  also huge\n" in run("pricing", "show", "big", "--pricing", prices).stdout


STATED = """\
        regions: {far: {standard: {input: "7", output: "9"}}}
        source: {url: "https://example.org/small\""""


def test_explain_tells_stated_regions_provisioned_units_and_the_default_provider(
    run, tmp_path, prices
):
    text = PRICES.replace(
        'regions: {far: {uplift: "1.10"}}', "regions: {far: {prefixes: [far/]}, ptu: fixed}"
    )
    prices.write_text(text.replace('        source: {url: "https://example.org/small"', STATED))
    (tmp_path / "costctl.yaml").write_text("pricing: {table: acme.yaml, default_provider: acme}\n")
    stated = run("pricing", "explain", "far/small-1").stdout
    assert "region    far, stated figures\n" in stated
    assert "acme (assumed: pricing.default_provider)" in stated
    fixed = run("pricing", "explain", "small-1", "--region", "ptu").stdout
    assert "region    ptu, fixed: paid by the hour\n" in fixed
    assert "source    none: provisioned units\n" in fixed


@pytest.mark.usefixtures("prices")
def test_explain_follows_a_deployment_over_time(run, tmp_path):
    config = """\
pricing:
  table: acme.yaml
  deployments:
    - {deployment: chat, provider: acme, model: big-1, from: 2026-01-01}
    - {deployment: chat, provider: acme, model: small-1, from: 2026-06-01}
"""
    (tmp_path / "costctl.yaml").write_text(config)
    for day, model, price in (("2026-05-31", "big-1", 4), ("2026-06-01", "small-1", 1)):
        done = run("pricing", "explain", "chat", "--deployment", "chat", "--at", day, "--json")
        result = json.loads(done.stdout)["result"]
        assert (result["price_model"], result["usd_per_1m"]["input"]) == (model, price)
        assert result["price_basis"] == "deployment"
    assert run("pricing", "explain", "chat", "--deployment", "chat", "--at", "2025-12-31").code == 3
