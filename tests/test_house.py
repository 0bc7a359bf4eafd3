"""The rules of the house that no tool checks."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from costctl.cli._options import Form

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "costctl"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def members(folder: str, suffix: str = ".py") -> list[str]:
    """Return the members of a growth axis: the files of a folder, without its underscored aids."""
    found = (PACKAGE / folder).glob(f"*{suffix}")
    return sorted(path.stem for path in found if not path.stem.startswith("_"))


def document(name: str) -> str:
    """Return a document's text; one that is not there has none."""
    path = ROOT / "docs" / name
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(module: Path):
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_on_a_screen(module: Path):
    assert not [name for name, lines in functions(module) if lines > LONGEST_FUNCTION]


def functions(module: Path) -> Iterator[tuple[str, int]]:
    """Yield each function and the lines of its body, its docstring left out."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            yield node.name, (node.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("name", members("formats", ".yaml"))
def test_a_format_has_a_sample_log_a_case_and_a_row_in_the_docs(name: str):
    assert (ROOT / "tests" / "formats" / "data" / name / "expected.json").exists()
    assert list((ROOT / "sample_logs" / "formats" / name).iterdir())
    assert f"`{name}`" in document("formats.md")


@pytest.mark.parametrize("name", members("levers"))
def test_a_lever_has_a_case_and_a_row_in_the_docs(name: str):
    assert f'"{name}"' in (ROOT / "tests" / "levers" / "lever_cases.json").read_text("utf-8")
    assert f"`{name}`" in document("levers.md")


@pytest.mark.parametrize("name", members("cli"))
def test_a_command_has_a_section_in_the_docs(name: str):
    assert f"## costctl {name.replace('_', '-')}\n" in document("cli.md")


@pytest.mark.parametrize("name", members("reports"))
def test_a_report_has_tests(name: str):
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    named = {f"test_{name}.py", f"test_{name.partition('_')[0]}.py"} & {path.name for path in tests}
    assert named or any(name in path.read_text("utf-8") for path in tests)


def test_every_output_form_is_a_file_and_has_golden_files():
    drawing = [
        path.stem
        for path in (PACKAGE / "render").glob("*.py")
        if "def render(" in path.read_text("utf-8")
    ]
    assert sorted(drawing) == sorted(get_args(Form))
    golden = list((ROOT / "tests" / "render" / "__snapshots__").rglob("*"))
    assert all(any(f"[{form}]" in path.name for path in golden) for form in drawing)


def test_import_contracts_name_every_shared_module_of_the_levers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (independent,) = (c for c in contracts["contracts"] if c["type"] == "independence")
    shared = {path.stem for path in (PACKAGE / "levers").glob("_[a-z]*.py")}
    allowed = {line.rpartition(".")[2] for line in independent["ignore_imports"]}
    assert shared == allowed


def test_every_import_contract_says_why():
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    starts = [
        number for number, line in enumerate(lines) if line == "[[tool.importlinter.contracts]]"
    ]
    assert starts
    assert all(lines[number - 1].startswith("# ") for number in starts)
