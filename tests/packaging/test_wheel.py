"""The wheel holds what the packages need, and what it installs says what is missing."""

import subprocess
import sys
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "relaylens": "instrumentation/relaylens",
    "relaylens_collector": "collector/relaylens_collector",
    "relaylens_analytics": "analytics/relaylens_analytics",
    "relaylens_dashboard": "dashboard/relaylens_dashboard",
    "relaylens_examples/support_network": "examples/support_network",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without any network."""
    target = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target], cwd=ROOT, check=True, capture_output=True)
    (built,) = target.glob("relaylens-*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment without extras, and give its folder of scripts."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", str(folder)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, capture_output=True)
    for name in base_requirements():
        link_files(name, site)
    return folder / "bin"


def base_requirements() -> set[str]:
    """Name the distributions that the base install brings, those of its dependencies included."""
    wanted = [requirement for requirement in map(Requirement, distribution("relaylens").requires or []) if not requirement.marker]
    found: set[str] = set()
    while wanted:
        name = wanted.pop().name
        if name in found:
            continue
        found.add(name)
        needed = map(Requirement, distribution(name).requires or [])
        wanted += [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def link_files(name: str, site: Path) -> None:
    """Put the files of a distribution that is installed here into another environment."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        pytest.fail(f"{name} is not installed; `make setup`")
    for file in files:
        if file.parts[0] != ".." and file.suffix != ".pyc":
            link = site / file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(file.locate()))


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """SQL, creation orders, price tables and type marks travel with the code."""
    expected = {
        f"{package}/{path.relative_to(ROOT / folder).as_posix()}"
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert expected == packed
    assert {".py", ".sql", ".csv", ".html", ".css", ".js", ".json", ""} <= {Path(name).suffix for name in packed}
    assert {f"{package}/py.typed" for package in FOLDERS if "/" not in package} <= packed


def test_the_base_install_is_instrumentation_only(bare: Path) -> None:
    """Without extras `import relaylens` works, and nothing but OpenTelemetry was needed."""
    script = "import relaylens, relaylens.semconv; print(relaylens.__name__)"

    done = subprocess.run([bare / "python", "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert "relaylens\n" == done.stdout


def test_the_command_without_extras_says_what_to_install(bare: Path) -> None:
    """One sentence on standard error with the exact pip command, and no traceback."""
    done = subprocess.run([bare / "relaylens", "runs"], capture_output=True, text=True, check=False, timeout=60)

    assert 1 == done.returncode
    assert "" == done.stdout
    assert 1 == len(done.stderr.splitlines())
    assert "pip install 'relaylens[all]'" in done.stderr


def test_the_example_network_is_installed(bare: Path) -> None:
    """`relaylens demo` finds it where there is no checkout; it needs nothing but the instrumentation."""
    script = "import runpy, sys; sys.argv[1:] = ['--help']; runpy.run_module('relaylens_examples.support_network', run_name='__main__')"

    done = subprocess.run([bare / "python", "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert (0, "") == (done.returncode, done.stderr)
