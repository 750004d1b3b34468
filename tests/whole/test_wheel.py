"""What is built is what is installed: a wheel in a clean environment runs the demonstration, and an sdist builds it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path, timeout_s: float = 300) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=timeout_s
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    pytest.importorskip("hatchling", reason="hatchling is not installed (group build)")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``bin`` of an environment with the wheel, and the dependencies of this one; nothing is fetched."""
    home = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", home, cwd=home)
    python = home / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", *built.glob("*.whl"), cwd=home)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    # a path in a .pth file is taken without the .pth files that are in it, so that our own sources stay unseen
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return home / "bin"


def test_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"alara"}
    ours = ROOT / "src"
    here = {str(path.relative_to(ours)) for path in (ours / "alara").rglob("*") if path.is_file()}
    assert {name for name in here if "__pycache__" not in name} == {name for name in names if "dist-info" not in name}
    assert "alara/py.typed" in names


def test_sdist_holds_the_sources_and_no_tools(built: Path) -> None:
    (source,) = (built / "source").iterdir()
    assert {"src", "tests", "docs", "sample_rdsr", "README.md", "LICENSE", "pyproject.toml"} <= {
        path.name for path in source.iterdir()
    }
    assert not [path for path in source.rglob("*") if path.name in ("node_modules", ".venv", "__pycache__")]


def test_installed_wheel_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import alara; print(alara.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.parent)
    assert run(installed / "alara", "--version", cwd=tmp_path).startswith("alara ")


def test_installed_wheel_runs_the_demonstration(installed: Path, tmp_path: Path) -> None:
    output = run(installed / "alara", "demo", cwd=tmp_path, timeout_s=600)
    assert "An ultrasound alternative exists for" in output
    assert (tmp_path / "demo" / "2026-10" / "report.html").stat().st_size > 100_000


def test_a_users_type_checker_sees_the_public_interface(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    program = tmp_path / "theirs.py"
    program.write_text(
        "import alara\n"
        "reveal_type(len(alara.read('x.dcm').events))\n"
        "reveal_type(alara.audit(alara.procedures('alara.sqlite'), 'us_forward').headline.procedures)\n",
        encoding="utf-8",
    )
    told = run(
        *(sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "python"),
        *("--cache-dir", tmp_path / "cache", program),
        cwd=tmp_path,
    )
    assert told.count('Revealed type is "int"') + told.count('Revealed type is "builtins.int"') == 2
