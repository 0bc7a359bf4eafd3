"""Layers, folders and settings: what is read, in which order, and what is wrong with any of it."""

from pathlib import Path

import pytest

from costctl.errors import CostctlError
from costctl.pricebook import PricingSettings, cache_key, compile_book, open_book
from tests.pricebook.books import HEAD, Opened, opened, provider, simple, write


def table(folder: Path, manifest: str = 'schema: 1\ntable_version: "2026-11-01"\n') -> Path:
    (folder / "providers").mkdir(parents=True)
    (folder / "manifest.yaml").write_text(manifest)
    (folder / "providers" / "acme.yaml").write_text(provider(simple("a")))
    return folder


def told(*layers: Path, settings: PricingSettings | None = None) -> str:
    with pytest.raises(CostctlError) as error:
        open_book(layers, settings or PricingSettings(), None)
    assert error.value.exit_code == 2
    return str(error.value)


def test_the_version_is_that_of_the_highest_manifest(tmp_path: Path):
    settings = PricingSettings(builtin=table(tmp_path / "low"))
    assert open_book([], settings, None).version == "2026-11-01"
    high = table(tmp_path / "high", 'schema: 1\ntable_version: "mine"\nsources: []\n')
    assert open_book([high], settings, None).version == "mine"
    assert (
        open_book(write(tmp_path, provider(simple("b"))), PricingSettings(), None).version
        == "unversioned"
    )


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        ("schema: 1\n", "manifest.yaml:1: table_version is missing"),
        ('schema: 2\ntable_version: "x"\n', "manifest.yaml:1: schema: '2' is none of 1"),
        ("[", "manifest.yaml:2: not YAML"),
        ("", "manifest.yaml: the file is empty"),
    ],
)
def test_a_wrong_manifest_is_told(tmp_path: Path, manifest, what):
    assert what in told(table(tmp_path / "t", manifest))


def test_a_folder_named_as_a_file_is_told(tmp_path: Path):
    (tmp_path / "odd.yaml").mkdir()
    assert "directory" in told(tmp_path).lower()
    with pytest.raises(CostctlError, match="directory"):
        cache_key([tmp_path], PricingSettings())


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("extends: nobody\n", "extends: 'nobody' is no provider of this layer or below"),
        ("extends: acme\n", "extends: acme leads back to acme"),
    ],
)
def test_a_provider_that_extends_nothing_is_told(tmp_path: Path, more, what):
    assert what in told(*write(tmp_path, provider(simple("a"), more=more)))


def test_two_files_of_a_layer_state_one_provider_together(tmp_path: Path):
    first = provider(simple("a"), head=HEAD + "home: true\n", more="names: [x]\n")
    second = provider(
        simple("b"),
        more='strip_prefixes: ["p/"]\nregions: {far: {uplift: "2"}}\ntiers_known: [slow]\n',
    )
    write(tmp_path, first, second)
    book = Opened(compile_book(open_book([tmp_path], PricingSettings(), None)))
    assert book.resolve(requested_model="p/a").price_name == "a"
    assert book.resolve(provider="x", requested_model="b").price_name == "b"
    assert book.price("a", "2026-01-01", region="far") == "4"


def test_two_files_that_extend_different_providers_are_told(tmp_path: Path):
    for number, base in enumerate(("x", "y")):
        (tmp_path / f"{base}.yaml").write_text(
            provider(simple("m"), head=HEAD.replace("acme", base))
        )
        (tmp_path / f"{number}.yaml").write_text(
            provider(simple(f"a-{base}"), more=f"extends: {base}\n")
        )
    assert "extends: y, but" in told(tmp_path)


def test_a_service_tier_of_a_provider_s_own_has_a_name_first(tmp_path: Path):
    text = provider(simple().replace("standard:", "slow:"))
    assert "slow: unknown key" in told(*write(tmp_path, text))
    known = text.replace("models:", "tiers_known: [slow]\nmodels:")
    assert opened(tmp_path, known).price("m-1", "2026-01-01", tier="slow") == "2"


def test_a_model_inherits_from_the_provider_that_its_own_extends(tmp_path: Path):
    (tmp_path / "acme.yaml").write_text(
        provider(
            simple("m").replace(
                "- id: m", "- id: m\n      retires_on: 2026-01-01\n      kind: embedding"
            )
        )
    )
    child = "- {id: m, inherits: m, retires_on: 2027-01-01}"
    (tmp_path / "sold.yaml").write_text(
        provider(child, head=HEAD.replace("acme", "sold"), more="extends: acme\n")
    )
    book = Opened(compile_book(open_book([tmp_path], PricingSettings(), None)))
    assert book.price("m", "2026-01-01", provider="sold") == "2"
    models = {row[0]: (row[2], str(row[5])) for row in book.compiled.rows["price_models"]}
    assert models["sold"] == ("embedding", "2027-01-01")


def test_a_higher_layer_adds_facts_and_aliases_to_a_model(tmp_path: Path):
    low = provider(simple("m").replace("- id: m", "- id: m\n      family: f"))
    high = provider("- {id: m, inherits: m, note: ours, aliases: [mine]}")
    book = opened(tmp_path, low, high)
    assert book.price("mine", "2026-01-01") == "2"
    (model,) = book.compiled.rows["price_models"]
    assert (model[3], model[8]) == ("f", "ours")


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("pricing: []", "pricing is a list; expected a mapping"),
        ("pricing: {tabel: x}", "pricing.tabel: unknown key; did you mean table?"),
        ("pricing: {table: none.yaml}", "no price file at"),
        ("pricing: {deployments: none.yaml}", "none.yaml: No such file"),
        ("pricing: {deployments: scalar.yaml}", "scalar.yaml:1: expected a list of deployments"),
        ("pricing: {default_provider: acne}", "did you mean acme?"),
        ("pricing: {providers: [{provider: x}]}", "pricing.providers[0].currency is missing"),
    ],
)
def test_a_wrong_pricing_section_is_told(tmp_path: Path, config, what):
    (tmp_path / "scalar.yaml").write_text("just text\n")
    with pytest.raises(CostctlError) as error:
        opened(tmp_path, provider(simple("a")), config=config)
    assert what in str(error.value)


def test_settings_without_a_pricing_section_change_nothing(tmp_path: Path):
    plain = opened(tmp_path, provider(simple("a"))).compiled.sha256
    assert opened(tmp_path, provider(simple("a")), config="version: 1\n").compiled.sha256 == plain
    settings = PricingSettings((tmp_path / "costctl.yaml",))
    assert len(cache_key([], settings)) == 64


def test_the_settings_of_a_project_replace_those_of_the_user_key_by_key(tmp_path: Path):
    user, project = tmp_path / "user.yaml", tmp_path / "project.yaml"
    user.write_text(
        "pricing: {default_provider: acme, overlays: [{discount: '0.5', provider: acme}]}"
    )
    project.write_text("pricing: {overlays: [{discount: '0.1', provider: acme}]}")
    settings = PricingSettings((user, project))
    book = Opened(compile_book(open_book(write(tmp_path, provider(simple("a"))), settings, None)))
    assert book.price("a", "2026-01-01") == "1.8"
    assert book.resolve(requested_model="a").price_provider == "acme"


def test_a_user_s_own_suspicious_price_is_a_warning_of_every_run(tmp_path: Path):
    settings = PricingSettings(builtin=table(tmp_path / "low"))
    layer = write(tmp_path, provider(simple("b", 'input: "2500", output: "10000"')))
    compiled = compile_book(open_book(layer, settings, None))
    assert {code for code, _ in compiled.warnings} == {"unit_suspect"}
    low = tmp_path / "low" / "providers" / "acme.yaml"
    low.write_text(low.read_text().replace('"2"', '"2500"'))
    assert compile_book(open_book([], settings, None)).warnings == ()
