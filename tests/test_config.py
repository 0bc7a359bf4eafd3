"""Settings come from flags, the environment, the project's file, the user's file and defaults, in this order."""

from pathlib import Path

import pytest

from costctl.config import load_config
from costctl.errors import CostctlError

NOTHING: dict[str, str | None] = {}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def origins(config) -> dict[str, tuple[str, str]]:
    return {name: (setting.value, setting.origin) for name, setting in config.settings.items()}


def test_without_anything_the_defaults_hold(tmp_path):
    config = load_config(NOTHING, {}, tmp_path)
    assert origins(config) == {"db": ("costctl.duckdb", "default"), "timezone": ("UTC", "default")}
    assert config.paths == ()
    assert config.budgets is None


def test_each_place_is_stronger_than_the_one_below(tmp_path):
    user = write(
        tmp_path / "xdg/costctl/costctl.yaml",
        "db: user.duckdb\ntimezone: Asia/Tokyo\nbudgets: b.yaml\n",
    )
    project = write(
        tmp_path / "work/costctl.yaml", "version: 1\ndb: project.duckdb\ntimezone: Europe/Paris\n"
    )
    env = {
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "COSTCTL_TZ": "Europe/Berlin",
        "COSTCTL_DB": "env.duckdb",
    }
    config = load_config({"db": "flag.duckdb"}, env, tmp_path / "work")
    assert config.paths == (user, project)
    assert origins(config) == {
        "db": ("flag.duckdb", "--db"),
        "timezone": ("Europe/Berlin", "COSTCTL_TZ"),
        "budgets": (str(user.parent / "b.yaml"), f"{user}:3"),
    }
    assert config.timezone == "Europe/Berlin"


def test_paths_in_a_file_are_relative_to_it(tmp_path):
    write(tmp_path / "costctl.yaml", "db: data/usage.duckdb\nbudgets: ci/budgets.yaml\n")
    config = load_config(NOTHING, {}, tmp_path)
    assert (config.db, config.budgets) == (
        tmp_path / "data/usage.duckdb",
        tmp_path / "ci/budgets.yaml",
    )


def test_the_nearest_file_is_found_from_below(tmp_path):
    write(tmp_path / "costctl.yaml", "db: a.duckdb\n")
    deep = tmp_path / "one/two"
    deep.mkdir(parents=True)
    assert load_config(NOTHING, {}, deep).db == tmp_path / "a.duckdb"


def test_the_search_ends_at_the_root_of_the_repository(tmp_path):
    write(tmp_path / "costctl.yaml", "db: a.duckdb\n")
    inner = tmp_path / "repository/folder"
    inner.mkdir(parents=True)
    (tmp_path / "repository/.git").mkdir()
    assert load_config(NOTHING, {}, inner).db == Path("costctl.duckdb")


def test_the_search_ends_at_home(tmp_path):
    write(tmp_path / "costctl.yaml", "db: a.duckdb\n")
    home = tmp_path / "home"
    home.mkdir()
    assert load_config(NOTHING, {"HOME": str(home)}, home).db == Path("costctl.duckdb")


def test_the_file_of_the_user_is_found_in_the_home_folder(tmp_path):
    write(tmp_path / ".config/costctl/costctl.yaml", "timezone: Asia/Tokyo\n")
    assert (
        load_config(NOTHING, {"HOME": str(tmp_path)}, tmp_path / "nowhere").timezone == "Asia/Tokyo"
    )


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_named_file_is_read_instead_of_the_nearest(tmp_path, by_flag):
    write(tmp_path / "costctl.yaml", "db: near.duckdb\n")
    named = write(tmp_path / "other.yaml", "timezone: Asia/Tokyo\n")
    env = {} if by_flag else {"COSTCTL_CONFIG": str(named)}
    config = load_config(NOTHING, env, tmp_path, config=named if by_flag else None)
    assert (config.db, config.timezone) == (Path("costctl.duckdb"), "Asia/Tokyo")


def test_a_named_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(CostctlError, match="no settings file at") as error:
        load_config(NOTHING, {}, tmp_path, config=tmp_path / "gone.yaml")
    assert error.value.hint == "`costctl init` writes one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("databse: x\n", "costctl.yaml:1: databse: unknown key"),
        ("db: x\ndb: y\n", "costctl.yaml:2: key db stands twice"),
        ("version: 2\n", "costctl.yaml:1: version: '2'; this costctl reads version 1"),
        ("db: [a]\n", "db is a list; expected text"),
        ("timezone: !x y\n", "tag !x"),
        ("", "the file is empty"),
        ("- a\n", "a list where a mapping is expected"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path, text, words):
    write(tmp_path / "costctl.yaml", text)
    with pytest.raises(CostctlError) as error:
        load_config(NOTHING, {}, tmp_path)
    assert words in str(error.value)


def test_sections_with_owners_are_left_to_them(tmp_path):
    write(
        tmp_path / "costctl.yaml", "pricing: {default_provider: azure}\nformats: {}\nendpoint: []\n"
    )
    config = load_config(NOTHING, {}, tmp_path)
    pricing = config.files[0].reader.mapping("pricing")
    assert pricing is not None
    assert pricing.text("default_provider") == "azure"


def test_every_value_of_a_section_has_its_origin(tmp_path):
    user = write(
        tmp_path / "xdg/costctl/costctl.yaml",
        "pricing:\n  default_provider: openai\n  deployments:\n"
        "    - {deployment: a, model: gpt-4o}\n    - {deployment: b, model: gpt-4o}\n",
    )
    project = write(
        tmp_path / "work/costctl.yaml",
        "endpoint:\n  - {when: {team: x}, is: y}\npricing:\n  deployments:\n    - {deployment: c, model: gpt-4o}\n",
    )
    config = load_config(NOTHING, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}, tmp_path / "work")
    assert [(setting.name, setting.value, setting.origin) for setting in config.details] == [
        ("pricing.default_provider", "openai", f"{user}:2"),
        ("pricing.deployments[1].deployment", "c", f"{project}:5"),
        ("pricing.deployments[1].model", "gpt-4o", f"{project}:5"),
        ("endpoint[1].when.team", "x", f"{project}:2"),
        ("endpoint[1].is", "y", f"{project}:2"),
    ]
