"""From a logged name to a price: exact names and stated rewrites; nothing else ever gets one."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costctl.errors import CostctlError
from costctl.pricebook import Key, PricingSettings, compile_book, open_book, resolve
from tests.pricebook.books import HEAD, Opened, opened, provider, simple


def home(models: str, **more: str) -> str:
    return provider(models, head=HEAD + "home: true\n", **more)


def other(models: str, *, more: str = "") -> str:
    return provider(models, head=HEAD.replace("acme", "other"), more=more)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Two vendors and a reseller in one layer."""
    folder = tmp_path_factory.mktemp("market")
    (folder / "acme.yaml").write_text(
        home(
            simple("m-1") + simple("claude-4-20250929") + simple("ft:m-1") + simple("Meta-M"),
            more='names: [acme_ai]\nstrip_prefixes: ["acme/", "models/"]\n',
        )
    )
    (folder / "other.yaml").write_text(
        other(
            simple("m-1") + simple("vendor.m-9"),
            more="""\
            strip_prefixes: ["azure/", "bedrock/"]
            default_region: global
            regions:
              zone_us: {uplift: "1.10", prefixes: ["us/", "us."]}
              data_zone_us: {uplift: "1.10"}
              data_zone_eu: {uplift: "1.10"}
              regional: {uplift: "1.10"}
              bare: {prefixes: ["bare/"]}
            """,
        )
    )
    return Opened(compile_book(open_book([folder], PricingSettings(), None)))


@pytest.mark.parametrize(
    ("logged", "found"),
    [
        ("m-1", ("acme", "m-1", "global")),
        (" M-1 ", ("acme", "m-1", "global")),
        ("meta-m", ("acme", "Meta-M", "global")),
        ("acme/m-1", ("acme", "m-1", "global")),
        ("models/m-1", ("acme", "m-1", "global")),
        ("azure/m-1", ("other", "m-1", "global")),
        ("azure/us/m-1", ("other", "m-1", "zone_us")),
        ("bedrock/us.vendor.m-9", ("other", "vendor.m-9", "zone_us")),
        ("claude-4@20250929", ("acme", "claude-4-20250929", "global")),
        ("ft:m-1:org:name:id", ("acme", "ft:m-1", "global")),
        (
            "projects/p/locations/l/publishers/g/models/claude-4@20250929",
            ("acme", "claude-4-20250929", "global"),
        ),
    ],
)
def test_a_name_is_found_exactly_or_after_a_stated_rewrite(market: Opened, logged, found):
    answer = market.resolve(requested_model=logged)
    assert (answer.price_provider, answer.price_name, answer.price_region) == found
    assert answer.provider_assumed


@pytest.mark.parametrize(
    "logged",
    ["m", "m-", "m-1x", "m-10", "xm-1", "m-1-2024", "m_1", "us/m-1/x", "vendor.m-9", "ft:m-2:a:b:c", "m-1@2025", "bedrock/m-9", "acme/acme/m-1"],
)  # fmt: skip
def test_a_near_miss_has_no_price(market: Opened, logged):
    answer = market.resolve(requested_model=logged)
    assert answer.reason == "unknown_model"
    assert answer.price_name is None


def test_the_nearest_name_is_a_hint_only(market: Opened):
    assert market.resolve(requested_model="m-11").hint == "did you mean m-1?"


def test_a_bedrock_arn_is_its_tail(market: Opened):
    arn = "arn:aws:bedrock:us-east-1:123:inference-profile/us.vendor.m-9"
    answer = market.resolve(provider="other", requested_model=arn)
    assert (answer.price_name, answer.price_region) == ("vendor.m-9", "zone_us")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_no_random_name_gets_a_price(market: Opened, name: str):
    known = {row[1].lower() for row in market.compiled.rows["price_names"]}
    answer = market.resolve(requested_model=name)
    assert answer.reason or str(answer.price_name).lower() in known
    if name.strip().lower() not in known:
        assert answer.price_name is None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from(["m-1", "claude-4-20250929", "ft:m-1", "meta-m"]),
    position=st.integers(0, 17),
    extra=st.characters(exclude_characters=" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0", codec="ascii"),
)  # fmt: skip
def test_no_near_miss_gets_a_price(market: Opened, base: str, position: int, extra: str):
    """One more character anywhere is another name."""
    cut = min(position, len(base))
    name = base[:cut] + extra + base[cut:]
    known = {row[1].lower() for row in market.compiled.rows["price_names"]}
    if name.lower() not in known:
        # `ft:m-1:x` is the one longer form that the rules do name.
        stated = name.startswith("ft:m-1:") and len(name) > len("ft:m-1:")
        assert (market.resolve(requested_model=name).price_name is None) is not stated


def test_the_answering_model_decides_and_nothing_replaces_it(market: Opened):
    answer = market.resolve(response_model="m-1", requested_model="Meta-M", deployment="claude")
    assert answer.price_name == "m-1"
    unknown = market.resolve(response_model="m-unheard-of", requested_model="m-1")
    assert unknown.reason == "unknown_model"


def test_a_logged_provider_is_never_replaced_by_the_vendor(market: Opened):
    answer = market.resolve(provider="reseller", requested_model="m-1")
    assert (answer.reason, answer.price_name) == ("unknown_provider", None)
    assert market.resolve(provider="ACME_AI", requested_model="m-1").price_provider == "acme"
    assert not market.resolve(provider="acme", requested_model="m-1").provider_assumed
    assert market.resolve(provider="other", requested_model="Meta-M").reason == "unknown_model"


def test_no_name_at_all_has_no_price(market: Opened):
    assert market.resolve().reason == "unknown_model"
    assert market.resolve(provider="acme", requested_model="  ").reason == "unknown_model"


@pytest.mark.parametrize(
    ("kind", "place", "region"),
    [
        (None, None, "global"),
        (None, "eastus2", "global"),  # a place alone decides nothing
        ("global", "eastus2", "global"),
        ("regional", "eastus2", "regional"),
        ("data_zone", "eastus2", "data_zone_us"),
        ("data_zone", "Sweden Central", "data_zone_eu"),
    ],
)
def test_a_deployment_type_decides_the_region(market: Opened, kind, place, region):
    key = {"provider": "other", "requested_model": "m-1", "deployment_type": kind, "region": place}
    answer = market.resolve(**{name: value for name, value in key.items() if value})
    assert answer.price_region == region
    assert answer.region_assumed is (kind is None)


@pytest.mark.parametrize(("kind", "place"), [("data_zone", "moon"), ("data_zone", ""), ("ptu", "")])
def test_an_unknown_region_has_no_price(market: Opened, kind, place):
    answer = market.resolve(
        provider="other", requested_model="m-1", deployment_type=kind, region=place
    )
    assert answer.reason == "no_region_price"
    assert "it has prices in: " in answer.hint


def test_a_region_prefix_without_figures_has_no_price(market: Opened):
    assert market.resolve(provider="other", requested_model="bare/m-1").reason == "no_region_price"


def test_two_homes_of_one_layer_are_ambiguous_and_a_higher_layer_wins(tmp_path: Path):
    second = home(simple("m-1")).replace("acme", "zeta")
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "a.yaml").write_text(home(simple("m-1")))
    (folder / "b.yaml").write_text(second)
    book = Opened(compile_book(open_book([folder], PricingSettings(), None)))
    answer = book.resolve(requested_model="m-1")
    assert answer.reason == "ambiguous_name"
    assert "acme/m-1, zeta/m-1" in answer.hint
    layered = opened(tmp_path, home(simple("m-1")), second)
    assert layered.resolve(requested_model="m-1").price_provider == "zeta"


def test_a_default_provider_decides_where_the_log_names_none(tmp_path: Path):
    config = "pricing: {default_provider: other}"
    book = opened(tmp_path, home(simple("m-1")), other(simple("m-1")), config=config)
    assert book.resolve(requested_model="m-1").price_provider == "other"


AZURE = provider(
    simple("m-1", 'input: "5", output: "15"') + simple("m-2", 'input: "2", output: "8"'),
    head=HEAD.replace("acme", "azure"),
    more='names: [azure_openai]\nregions: {zone_us: {uplift: "1.10"}, ptu: fixed}\n',
)

DEPLOYED = """
version: 1
pricing:
  deployments:
    - {resource: eus, deployment: prod, model: m-1, region: zone_us, from: null}
    - {resource: eus, deployment: prod, model: m-2, region: zone_us, from: 2025-03-01}
    - {deployment: "embed-*", model: m-2, region: global}
    - {deployment: "regex:chat-[0-9]+", model: m-1}
    - {deployment: chat-7, model: m-2}
    - {deployment: units, model: m-1, region: ptu}
"""


def price(book: Opened, at: str, **key: str) -> tuple[str | None, str]:
    """Return the input price of a key at a moment, rows of re-pointed deployments included."""
    answer = resolve(book.names(), [Key(**key)], book.rows)
    one = answer.resolved[0]
    if one.reason:
        return None, one.reason
    rows = {**book.compiled.rows}
    rows["price_book"] = (*rows["price_book"], *answer.book_rows)
    where = {"provider": one.price_provider, "region": one.price_region}
    found = Opened(type(book.compiled)(rows)).price(str(one.price_name), at, **where)
    return found, one.basis


@pytest.mark.parametrize(
    ("key", "at", "expected"),
    [
        ({"deployment": "prod", "resource": "eus"}, "2025-02-28T23:59:59", "5.5"),
        ({"deployment": "prod", "resource": "eus"}, "2025-03-01", "2.2"),
        ({"requested_model": "prod", "resource": "eus"}, "2025-03-01", "2.2"),
        ({"deployment": "prod", "resource": "eus", "response_model": "m-1"}, "2026-01-01", "5.5"),
        ({"deployment": "prod"}, "2026-01-01", None),
        ({"deployment": "prod", "resource": "weu"}, "2026-01-01", None),
        ({"deployment": "embed-large"}, "2026-01-01", "2"),
        ({"deployment": "chat-1"}, "2026-01-01", "5"),
        ({"deployment": "chat-7"}, "2026-01-01", "2"),
        ({"deployment": "chat-x"}, "2026-01-01", None),
        ({"deployment": "units"}, "2026-01-01", "0"),
        ({"deployment": "embed-large", "provider": "azure_openai"}, "2026-01-01", "2"),
        ({"deployment": "embed-large", "provider": "acme"}, "2026-01-01", None),
    ],
)
def test_a_deployment_means_what_the_settings_say(tmp_path: Path, key, at, expected):
    book = opened(tmp_path, home(simple("m-0")), AZURE, config=DEPLOYED)
    assert price(book, at, **key)[0] == expected


def test_a_deployment_is_named_as_the_basis(tmp_path: Path):
    book = opened(tmp_path, AZURE, config=DEPLOYED)
    assert book.resolve(deployment="embed-1").basis == "deployment"
    assert book.resolve(deployment="units").basis == "fixed"


def test_a_deployment_that_began_later_says_nothing_before(tmp_path: Path):
    config = "pricing: {deployments: [{deployment: m-1, model: m-2, from: 2026-01-01}]}"
    book = opened(tmp_path, AZURE, config=config)
    key = {"provider": "azure", "deployment": "m-1"}
    assert price(book, "2025-12-31T23:59:59", **key)[0] == "5"
    assert price(book, "2026-01-01", **key)[0] == "2"


def test_two_patterns_that_match_one_deployment_are_an_error(tmp_path: Path):
    config = """
    pricing:
      deployments:
        - {deployment: "chat-*", model: m-1}
        - {deployment: "*-prod", model: m-2}
    """
    book = opened(tmp_path, AZURE, config=config)
    with pytest.raises(CostctlError, match=r"costctl\.yaml:4 and .*costctl\.yaml:5"):
        book.resolve(deployment="chat-prod")
    assert book.resolve(deployment="chat-test").price_name == "m-1"


def test_deployments_may_stand_in_a_file_of_their_own(tmp_path: Path):
    (tmp_path / "deployments.yaml").write_text("- {deployment: chat, model: m-2}\n")
    book = opened(tmp_path, AZURE, config="pricing: {deployments: deployments.yaml}")
    assert book.resolve(deployment="chat").price_name == "m-2"


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("{deployment: a, model: m-3}", "'m-3' is no model of azure; did you mean m-2?"),
        ("{deployment: a, model: m-1, region: zone_uk}", "did you mean zone_us?"),
        ("{deployment: a, model: m-1, provider: azur}", "did you mean azure?"),
        ("{deployment: a}", "model is missing"),
        ("{model: m-1}", "deployment is missing"),
        ("{deployment: 'regex:(', model: m-1}", "regex:("),
        ("{deployment: a, model: m-1, form: null}", "did you mean from?"),
        ("{deployment: a, model: m-1}, {deployment: a, model: m-2}", "stands twice"),
    ],
)
def test_a_wrong_deployment_is_told_with_its_line(tmp_path: Path, entry, what):
    with pytest.raises(CostctlError) as error:
        opened(tmp_path, AZURE, config=f"pricing:\n  deployments: [{entry}]")
    assert what in str(error.value)
    assert "costctl.yaml:2: " in str(error.value)


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("{deployment: x, model: m-1}", {"deployment": "x", "response_model": "m-unheard-of"}),
        ("{deployment: x, model: m-1, from: 2026-01-01}", {"deployment": "x"}),
    ],
)
def test_a_deployment_gives_no_price_to_an_unknown_model(tmp_path: Path, entry, key):
    book = opened(tmp_path, AZURE, config=f"pricing: {{deployments: [{entry}]}}")
    assert price(book, "2025-06-01", **key)[0] is None


def test_provisioned_units_alone_name_their_deployment(tmp_path: Path):
    config = """
    pricing:
      overlays:
        - {ptu: {units: "15", usd_per_unit_hour: "1"}, deployment: units, from: 2026-01-01, to: 2026-06-01}
    """
    book = opened(tmp_path, AZURE, config=config)
    key = {"provider": "azure", "deployment": "units", "response_model": "m-1"}
    found = [
        price(book, at, **key)[0] for at in ("2025-12-31T23:59:59", "2026-01-01", "2026-06-01")
    ]
    assert found == ["5", "0", "5"]
    nameless = {"provider": "azure", "deployment": "units"}
    assert price(book, "2026-02-01", **nameless)[0] is None
