"""What a person reads of a simulation: the same cents for the same thing, everywhere on the page."""

import re
from decimal import Decimal
from random import Random

import pytest

from tests.cli.week import STORY, WEEK, stored

MONEY = re.compile(r"(-?)\$([0-9][0-9,]*\.[0-9]{2})")


@pytest.fixture
def week(run, cache):
    return stored(run, cache, "week", WEEK)


@pytest.fixture
def page(run, week, tmp_path):
    """Return a function that simulates and returns the page in lines; it checks the code."""

    def shown(*args: object, scenario: str = "", width: int = 100, log=week) -> list[str]:
        given = ()
        if scenario:
            path = tmp_path / "plan.yaml"
            path.write_text(scenario)
            given = ("--scenario", path)
        found = run("simulate", *log, *given, *args, env={"COLUMNS": str(width)})
        assert found.code == 0, found.stderr
        return found.stdout.splitlines()

    return shown


def money(line: str) -> list[Decimal]:
    return [Decimal(sign + digits.replace(",", "")) for sign, digits in MONEY.findall(line)]


def table(lines, title: str) -> dict[str, list[Decimal]]:
    """Return the amounts of a table by the first words of each row."""
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    rows: dict[str, list[Decimal]] = {}
    rules = 0
    for line in lines[start + 1 :]:
        rules += line.startswith("──")
        if money(line):
            name = re.split(r"\s{2,}|-?\$", line)[0]
            rows[name if name not in rows else f"{name} {len(rows)}"] = money(line)
        if not line or (rules == 2 and money(line)):
            break
    return rows


def odd_log(tmp_path, seed: int):
    """Return a log whose bill is no whole number of cents anywhere."""
    dice = Random(seed)
    rows = ["occurred_at,endpoint,model,requests,input_uncached,output"]
    rows += [
        f"2026-11-{16 + n:02d},e{n},{model},{dice.randint(1, 10**4)},{dice.randint(1, 10**8)},{dice.randint(1, 10**7)}"
        for n, model in enumerate(("gpt-4o-2024-05-13", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"))
    ]
    path = tmp_path / f"odd{seed}.csv"
    path.write_text("\n".join(rows) + "\n")
    return (path,)


@pytest.mark.parametrize("seed", range(6))
def test_every_table_and_sentence_states_the_same_cents(page, tmp_path, seed):
    share = Random(seed).random
    lines = page(
        "--cache-hit", f"{share():.6f}", "--route", f"{share():.6f}",
        "--output-cut", f"e2={share():.6f}", "--cache-fixed-usd", "10.01", "--target", "333.33",
        "--order-free", log=odd_log(tmp_path, seed),
    )  # fmt: skip
    levers = table(lines, "Projected savings a month, by lever")
    rows = [cells for name, cells in levers.items() if not name.startswith("together")]
    together = levers["together"]
    alone, in_order, fair, *_, overhead = zip(*rows, strict=True)
    assert [sum(in_order), sum(fair), sum(overhead)] == together

    bill = {name: cells[0] for name, cells in table(lines, "The bill").items()}
    after = bill.pop("projected bill after")
    assert sum(bill.values()) == after
    before = bill.pop("projected month without levers")
    assert before - sum(in_order) == after
    added_up = next(usd for name, usd in bill.items() if name.startswith("savings alone"))
    assert -sum(alone) == added_up

    groups = table(lines, "Projected month by endpoint")
    *each, total = groups.values()
    assert [sum(column) for column in zip(*each, strict=True)] == total
    assert total == [before, after - sum(overhead)]

    assert any(line.startswith("Projected to") and money(line) == [before] for line in lines)
    sentences = " ".join(lines)
    assert f"Fixed costs of ${sum(overhead)} a month" in sentences
    verdict = money(sentences[sentences.index("Projected bill ") :])
    assert verdict == [after, before - after, Decimal("333.33"), abs(after - Decimal("333.33"))]


def test_the_sample_plan_states_one_saving(page):
    lines = page("--target", "1000", scenario=STORY)
    saved = table(lines, "Projected savings a month, by lever")["together"][-1]
    assert lines[-1].startswith("Projected bill $1,534.15 a month, $2,931.35 or 65.6% less")
    assert saved == Decimal("2931.35")


def test_a_saving_in_two_columns_has_the_same_cents_in_both(page, tmp_path):
    lines = page("--dedupe", "0.123457", "--order-free", log=odd_log(tmp_path, 7))
    saved = table(lines, "Projected savings a month, by lever")["remove waste"]
    assert len(set(saved[:4])) == 1  # alone, in order, fair share, if dropped
    assert "interaction" not in " ".join(lines)


def test_the_legend_explains_the_columns_that_are_shown(page):
    plain, fair = page(scenario=STORY, width=80), page("--order-free", scenario=STORY, width=80)
    assert "Fair share" not in " ".join(plain)
    assert any(line.startswith("Alone: the lever by itself. In order: ") for line in plain)
    assert "Fair share: the average over all orders." in " ".join(fair)
    assert "Overhead" not in " ".join(plain)
    costly = " ".join(page("--cache-hit", "0.1", "--cache-fixed-usd", "5"))
    assert "Overhead: what it costs itself" in costly


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_page_fits_and_ends_with_the_verdict(page, width):
    ranges = ("--cache-hit", "0.05:0.2:0.6", "--route", "rag_query=0.2:0.4:0.6", "--target", "3200")
    lines = page(*ranges, width=width)
    assert all(len(line) <= width for line in lines)
    verdict = next(i for i, line in enumerate(lines) if line.startswith("Projected bill"))
    assert not any(not line for line in lines[verdict:])
    assert "target $3,200.00 met" in " ".join(lines[verdict:])


def test_an_uncertain_plan_says_how_sure_it_is(page):
    lines = page(
        "--cache-hit",
        "0.05:0.2:0.6",
        "--target",
        "3500",
        "--draws",
        "500",
        "--seed",
        "7",
        width=120,
    )
    text = " ".join(lines)
    assert "500 triangular draws; --seed 7 repeats them." in text
    assert "all go well or badly together" in text
    spread = table(lines, "How sure")["each setting for itself"]
    verdict = text[text.index("Projected bill") :]
    assert f"8 of 10 draws between ${spread[0]:,} and ${spread[2]:,}" in verdict
    assert f"at ${spread[1]:,}, the P50 of the draws" in verdict
    share = re.search(r"each setting for itself .* ([0-9.]+%)", text)
    assert share is not None
    assert f"{share[1]} of the draws meet it." in verdict


def test_without_a_target_no_share_of_draws_meets_it(page):
    lines = page("--cache-hit", "0.05:0.2:0.6", "--draws", "50")
    assert "Target met" not in " ".join(lines)


def test_ways_to_a_target_speak_of_levers(page):
    lines = page("--cache-hit", "rag_query=0.2", "--output-cut", "0.1", "--target", "4000")
    start = next(i for i, line in enumerate(lines) if line.startswith("Ways to $4,000.00"))
    text = " ".join(lines[start:])
    assert re.search(r"semantic cache +hit +20% +\d", text)
    assert re.search(r"shorter answers +cut +10% +not needed", text)
    assert "Needed alone: where this setting meets the target" in text


def test_a_plan_that_changes_nothing_saves_not_a_cent(page, tmp_path):
    lines = page("--dedupe", "0", log=odd_log(tmp_path, 3))
    bill = table(lines, "The bill")
    assert bill["projected month without levers"] == bill["projected bill after"]
    assert bill["saved by the lever"] == [0]


def test_markdown_states_the_cents_and_the_legend_of_the_terminal(run, week, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(STORY)
    text = run("simulate", *week, "--scenario", plan, "--format", "markdown").stdout
    assert "| **together** |" in text
    assert text.count("2,931.35") == 3  # in order, fair share, verdict
    assert "Fair share: the average over all orders." in text
    csv = run("simulate", *week, "--scenario", plan, "--format", "csv").stdout
    assert "1633.0114285714" in csv  # 60 % of 635.06 a week times 30 / 7, for machines
    assert "### Before you rely on it\n\n- semantic cache: false hits" in text


def test_points_say_that_no_range_was_given(page):
    said = "No range given: write a setting as LOW:MODE:HIGH to see how sure the bill is."
    assert said in page("--output-cut", "0.1")
    assert said not in page("--output-cut", "0.1:0.2:0.3", "--draws", "50")


def test_what_embeddings_cost_anew_is_in_no_month(page):
    text = " ".join(page("--embed-downgrade", "0.5"))
    assert "the corpus is embedded anew, once: $0.02 per 1M of its tokens, not in the month" in text
    assert "embedded anew" not in " ".join(page("--swap", "gpt-4o-2024-05-13=gpt-4o-mini"))


def test_a_setting_at_the_top_of_the_evidence_is_told(page):
    told = "hit 60% is the highest that the evidence supports"
    assert told in " ".join(page("--cache-hit", "rag_query=0.6"))
    assert told not in " ".join(page("--cache-hit", "rag_query=0.59"))


def test_a_plan_that_costs_more_says_so(page):
    lines = page("--cache-hit", "intent_classifier=0.01", "--cache-fixed-usd", "100")
    assert re.fullmatch(
        r"Projected bill \$4,563\.4[45] a month, \$97\.9[45] or 2\.2% more\.", lines[-1]
    )
    assert page()[-1] == "Projected bill $4,465.50 a month."


def test_units_that_do_not_pay_are_no_line_of_the_bill(page):
    units = "usd_per_unit_hour: 1, min_units: 15, step: 5, max_units: 60, output_ratio: 4, tpm_per_unit: 2500"
    lines = page(scenario=f"version: 1\nptu: {{where: {{endpoint: rag_query}}, {units}}}\n")
    assert "No number of provisioned units up to 60 is cheaper than tokens." in lines
    assert not any("0 units" in line for line in lines)


def test_what_cannot_act_is_no_way_to_a_target(page):
    plan = "version: 1\nlevers:\n  - {lever: output, cut: 0.1}\n  - {lever: dedupe, where: {endpoint: gone}, waste: 0.1}\n"
    lines = page("--target", "4000", scenario=plan)
    start = next(i for i, line in enumerate(lines) if line.startswith("Ways to"))
    ways = " ".join(lines[start : lines.index("", start)])
    assert "shorter answers" in ways
    assert "remove waste" not in ways
    why = "no usage matches its selector: endpoint gone"
    assert f"remove waste: not applicable because {why}" in lines


def test_a_later_and_cheaper_model_that_the_plan_leaves_aside_is_told_unasked(page):
    # 5 and 15 USD became 2.50 and 10: a week of 131,540,000 tokens in and 25,574,000 out.
    now, then = 657.7 + 383.61, 328.85 + 255.74
    told = (
        "Not in the plan: gpt-4o-2024-08-06 is a later model of the family of gpt-4o-2024-05-13, "
        f"{1 - then / now:.1%} cheaper on the same tokens; --swap gpt-4o-2024-05-13=gpt-4o-2024-08-06"
    )
    lines = page("--dedupe", "0.1", width=250)
    assert told in lines
    assert lines.index(told) < len(lines) - 1
    swapped = page("--swap", "gpt-4o-2024-05-13=gpt-4o-2024-08-06", width=250)
    assert not any(line.startswith("Not in the plan") for line in swapped)
