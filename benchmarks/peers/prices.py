"""Compare the shipped price table with the current tables of litellm and genai-prices.

Where both price a model alike, costctl must give the same cost; where they differ, the script says whom we follow.
Run it with the interpreter of an environment that holds both; prices.md beside this file says how.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# The table that is installed, not one from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from genai_prices import Usage as GenaiUsage
from genai_prices import calc_price
from genai_prices import data as genai_data
from litellm.cost_calculator import batch_cost_calculator
from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token
from litellm.types.utils import Usage

from costctl.pricebook import Key, Names, PricingSettings, compile_book, open_book, resolve
from costctl.pricebook.lookup import Ask, Found, Lookup, cost

TOLERANCE = Decimal("1e-9")

# Ours (the words before a bracket) -> genai-prices' provider, the prefix of litellm's keys, its litellm_provider.
PROVIDERS = {
    "openai": ("openai", "", ("openai",)),
    "anthropic": ("anthropic", "", ("anthropic",)),
    "azure": ("azure", "azure/", ("azure", "azure_text")),
    "azure (others)": ("azure", "azure_ai/", ("azure_ai",)),
    "google": ("google", "gemini/", ("gemini",)),
    "google_vertex": ("google", "vertex_ai/", ("vertex_ai-anthropic_models",)),
    "mistral": ("mistral", "mistral/", ("mistral",)),
    "cohere": ("cohere", "", ("cohere", "cohere_chat")),
    "deepseek": ("deepseek", "deepseek/", ("deepseek",)),
    "x-ai": ("x-ai", "xai/", ("xai",)),
    "aws": ("aws", "", ("bedrock", "bedrock_converse")),
}
SUFFIX = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}

# Why we differ where both agree: provider, name, service tier, reason. Everything else is a failure.
EXPLAINED: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True)
class Mix:
    """The tokens of one request; `reasoning` is part of `output`, `write_long` is apart from `write`."""

    shape: str
    text: int
    output: int
    read: int = 0
    write: int = 0
    write_long: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0

    @property
    def prompt(self) -> int:
        """Return all tokens of the prompt."""
        return self.text + self.read + self.write + self.write_long + self.audio_input


@dataclass
class Score:
    """What was found for one provider."""

    names: set[str] = field(default_factory=set)
    alike: int = 0
    equal: int = 0
    explained: int = 0
    failures: list[str] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    followed: Counter[str] = field(default_factory=Counter)


SHAPES: Mapping[str, tuple[str, ...]] = {
    "plain": (),
    "cached": ("read",),
    "written": ("read", "write"),
    "written long": ("write", "write_long"),
    "reasoning": ("reasoning",),
    "audio": ("audio_input", "audio_output"),
}
SIZES = {"short": (1, 90_000), "long": (129_000, 1_200_000)}


def mixes(draw: random.Random, draws: int, mode: str) -> Iterator[tuple[str, list[Mix]]]:
    """Yield the random mixes of every shape and size, and the thresholds that vendors state."""
    if mode == "embedding":
        yield "embedding", [Mix("embedding", draw.randint(1, 1_000_000), 0) for _ in range(draws)]
        return
    for shape, extra in SHAPES.items():
        for size, (low, high) in SIZES.items():
            yield (
                f"{shape}, {size}",
                [_mix(draw, shape, extra, draw.randint(low, high)) for _ in range(draws)],
            )
    edges = [128_001, 200_001, 272_001, 272_000, 128_000]
    yield "edges", [Mix("edges", size - 100, 1000, read=100) for size in edges]


def _mix(draw: random.Random, shape: str, extra: tuple[str, ...], total: int) -> Mix:
    output = draw.randint(1, 20_000)
    parts: dict[str, int] = {}
    left = total
    for name in extra:
        if name == "reasoning":
            parts[name] = draw.randint(0, output)
        elif name == "audio_output":
            parts[name] = draw.randint(0, 5_000)
        else:
            parts[name] = draw.randint(0, left)
            left -= parts[name]
    return Mix(shape, left, output, **parts)


class Ours:
    """Costs of the shipped table."""

    def __init__(self, at: datetime) -> None:
        rows = compile_book(open_book([], PricingSettings.default()))
        self.names = Names.of(rows.rows)
        self.lookup = Lookup(rows)
        self.at = at

    def name(self, provider: str, name: str) -> tuple[str, str, str] | None:
        """Return provider, name and region that the price table resolves a logged name to."""
        key = Key(provider=provider, response_model=name)
        found = resolve(self.names, [key], lambda _provider, _name: ()).resolved[0]
        if found.price_provider is None or found.price_name is None or found.price_region is None:
            return None
        return found.price_provider, found.price_name, found.price_region

    def cost(self, where: tuple[str, str, str], tier: str, mix: Mix) -> Decimal | None:
        """Return what a request costs; None for one without a full price."""
        provider, name, region = where
        found = self.lookup.find(Ask(provider, name, region, tier, self.at, mix.prompt))
        if not isinstance(found, Found):
            return None
        tokens = {
            "input": mix.text,
            "cache_read": mix.read,
            "cache_write": mix.write,
            "cache_write_long": mix.write_long,
            "output": mix.output - mix.reasoning,
            "reasoning": mix.reasoning,
            "audio_input": mix.audio_input,
            "audio_output": mix.audio_output,
            "request": 1,
        }
        total, missing = cost(found.rates, tokens)
        return None if missing else total


def litellm_cost(name: str, owner: str, tier: str, mix: Mix, at: datetime) -> Decimal:
    """Return litellm's cost of a request."""
    usage = Usage(
        prompt_tokens=mix.prompt,
        completion_tokens=mix.output + mix.audio_output,
        total_tokens=mix.prompt + mix.output + mix.audio_output,
        prompt_tokens_details={
            "cached_tokens": mix.read,
            "audio_tokens": mix.audio_input,
            "text_tokens": mix.text,
            "cache_creation_tokens": mix.write + mix.write_long,
            "cache_creation_token_details": {
                "ephemeral_5m_input_tokens": mix.write,
                "ephemeral_1h_input_tokens": mix.write_long,
            },
        },
        completion_tokens_details={
            "reasoning_tokens": mix.reasoning,
            "audio_tokens": mix.audio_output,
            "text_tokens": mix.output - mix.reasoning,
        },
        cache_read_input_tokens=mix.read,
        cache_creation_input_tokens=mix.write + mix.write_long,
    )
    if tier == "batch":
        parts = batch_cost_calculator(usage, name, owner)
    else:
        service = None if tier == "standard" else tier
        parts = generic_cost_per_token(name, usage, owner, service_tier=service, current_time=at)
    return Decimal(repr(parts[0])) + Decimal(repr(parts[1]))


def genai_cost(name: str, provider: str, tier: str, mix: Mix, at: datetime) -> Decimal:
    """Return genai-prices' cost of a request."""
    counts: dict[str, int] = {
        "input_tokens": mix.prompt,
        "output_tokens": mix.output + mix.audio_output,
        "cache_read_tokens": mix.read,
        "cache_write_tokens": mix.write + mix.write_long,
        "cache_write_5m_tokens": mix.write,
        "cache_write_1h_tokens": mix.write_long,
        "output_reasoning_tokens": mix.reasoning,
        "input_audio_tokens": mix.audio_input,
        "output_audio_tokens": mix.audio_output,
    }
    usage = GenaiUsage(**{key: count for key, count in counts.items() if count})
    context = {"standard": {}, "batch": {"processing": "batch"}}.get(tier, {"service_tier": tier})
    priced = calc_price(
        usage, name, provider_id=provider, genai_request_timestamp=at, price_context=context
    )
    return Decimal(priced.total_price)


def stated_by_litellm(entry: Mapping[str, object], tier: str) -> bool:
    """Return whether litellm states figures for a service tier."""
    return tier == "standard" or f"input_cost_per_token{SUFFIX[tier]}" in entry


def stated_by_genai(provider: str, name: str, tier: str) -> bool:
    """Return whether genai-prices knows the name for this provider, with figures for the service tier."""
    owner = next(p for p in genai_data.providers if p.id == provider)
    model = owner.find_model(name, all_providers=genai_data.providers)
    if model is None:
        return False
    if tier == "standard":
        return True
    key = ("processing", "batch") if tier == "batch" else ("service_tier", tier)
    return any(key in variant.when.items() for variant in model.price_variants or ())


def candidates(provider: str) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Yield litellm's key, the name as a log has it, and the entry, of every priced model of a provider."""
    _, prefix, owners = PROVIDERS[provider]
    for key, entry in litellm.model_cost.items():
        owner = str(entry.get("litellm_provider", ""))
        priced = entry.get("input_cost_per_token") or entry.get("output_cost_per_token")
        if owner not in owners or not priced or not key.startswith(prefix):
            continue
        name = key.removeprefix(prefix)
        if provider == "aws" and "/" in name:
            continue
        yield key, name, entry


def close(one: Decimal, other: Decimal) -> bool:
    """Return whether two costs are the same to 1e-9."""
    return abs(one - other) <= TOLERANCE * max(Decimal(1), abs(one))


def explained(provider: str, name: str, tier: str) -> bool:
    """Return whether a difference has a stated reason."""
    return any(provider == p and fnmatch(name, n) and fnmatch(tier, t) for p, n, t, _ in EXPLAINED)


class Comparison:
    """Holds the three tables beside each other."""

    def __init__(self, at: datetime, draws: int, seed: int) -> None:
        self.at = at
        self.draws = draws
        self.seed = seed
        self.ours = Ours(at)

    def provider(self, provider: str) -> Score:
        """Compare every name that litellm lists for a provider."""
        score = Score()
        theirs = PROVIDERS[provider][0]
        for key, name, entry in candidates(provider):
            for tier in ("standard", *SUFFIX):
                if stated_by_litellm(entry, tier) and stated_by_genai(theirs, name, tier):
                    score.names.add(name)
                    self._name(score, provider, (key, name, entry), tier)
        return score

    def _name(
        self, score: Score, provider: str, about: tuple[str, str, Mapping[str, object]], tier: str
    ) -> None:
        key, name, entry = about
        owner, mode = str(entry["litellm_provider"]), str(entry.get("mode"))
        where = self.ours.name(provider.split(" ", maxsplit=1)[0], name)
        draw = random.Random(f"{self.seed} {name} {tier}")
        told: set[str] = set()
        for shape, drawn in mixes(draw, self.draws, mode):
            theirs = [
                (
                    litellm_cost(key, owner, tier, mix, self.at),
                    genai_cost(name, PROVIDERS[provider][0], tier, mix, self.at),
                )
                for mix in drawn
            ]
            own = [self.ours.cost(where, tier, mix) if where else None for mix in drawn]
            line = f"{provider} {name} {tier} ({shape})"
            if all(close(one, other) for one, other in theirs):
                self._judge(score, (provider, name, tier, line), theirs, own)
            elif not told:
                told.add(line)
                score.disagreements.append(f"{line}: we follow {_followed(theirs, own)}")
                score.followed[_followed(theirs, own)] += 1

    def _judge(
        self,
        score: Score,
        about: tuple[str, str, str, str],
        theirs: list[tuple[Decimal, Decimal]],
        own: list[Decimal | None],
    ) -> None:
        provider, name, tier, line = about
        score.alike += 1
        pairs = zip(own, theirs, strict=True)
        wrong = [(mine, one) for mine, (one, _) in pairs if mine is None or not close(mine, one)]
        if not wrong:
            score.equal += 1
        elif explained(provider, name, tier):
            score.explained += 1
        else:
            mine, one = wrong[0]
            score.failures.append(f"{line}: costctl {mine}, both others {one}")


def _followed(theirs: list[tuple[Decimal, Decimal]], own: list[Decimal | None]) -> str:
    if any(mine is None for mine in own):
        return "neither: unpriced"
    mine = [cost for cost in own if cost is not None]
    if all(close(a, b) for a, (b, _) in zip(mine, theirs, strict=True)):
        return "litellm"
    if all(close(a, b) for a, (_, b) in zip(mine, theirs, strict=True)):
        return "genai-prices"
    return "neither"


def report(scores: Mapping[str, Score], *, verbose: bool) -> int:
    """Print agreement per provider and what differs; return the exit code."""
    print(
        f"{'provider':<15}{'names':>7}{'alike':>8}{'equal':>8}{'explained':>11}{'wrong':>7}   where the two differ"
    )
    for provider, score in scores.items():
        followed = ", ".join(f"{who} {count}" for who, count in score.followed.most_common())
        print(
            f"{provider:<15}{len(score.names):>7}{score.alike:>8}{score.equal:>8}"
            f"{score.explained:>11}{len(score.failures):>7}   {followed or '-'}"
        )
    for score in scores.values():
        for line in score.failures:
            print("WRONG", line)
        for line in score.disagreements if verbose else ():
            print("they differ:", line)
    if EXPLAINED:
        print("\nexplained differences:")
        for provider, name, tier, why in EXPLAINED:
            print(f"  {provider} {name} {tier}: {why}")
    return 1 if any(score.failures for score in scores.values()) else 0


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", action="append", choices=sorted(PROVIDERS))
    parser.add_argument("--at", help="a moment such as 2026-11-23T23:00; default: now")
    parser.add_argument("--draws", type=int, default=3, help="random mixes a shape and size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="list where the two tables differ")
    asked = parser.parse_args()
    at = datetime.fromisoformat(asked.at) if asked.at else datetime.now(UTC).replace(tzinfo=None)
    comparison = Comparison(at, asked.draws, asked.seed)
    chosen = asked.provider or list(PROVIDERS)
    return report({name: comparison.provider(name) for name in chosen}, verbose=asked.verbose)


if __name__ == "__main__":
    sys.exit(main())
