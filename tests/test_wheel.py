"""What is installed from a wheel works without the repository."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_brings_prices_formats_queries_and_vocabularies(installed: Path):
    package = installed / "costctl"
    brought = {path.relative_to(package).as_posix() for path in package.rglob("*.*")}
    assert "_pricing/providers/openai.yaml" in brought
    assert "formats/lesson_jsonl.yaml" in brought
    assert {"store/migrations/0002.sql", "store/migrations/0003.sql"} <= brought
    assert "data/o200k_base.tiktoken.xz" in brought
    assert "py.typed" in brought


def test_an_installed_costctl_knows_prices(installed: Path, tmp_path: Path):
    program = f"import sys; sys.path.insert(0, {str(installed)!r}); from costctl.cli import main; sys.exit(main())"
    done = subprocess.run(
        (sys.executable, "-I", "-c", program, "pricing", "list", "--json"),
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"gpt-4o"' in done.stdout
