"""The Makefile is the one way to work here, and its targets are described."""

import os
import re
import stat
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"(?m)^([a-z-]+):.*## ", MAKEFILE)


def test_every_target_is_phony_and_described() -> None:
    """No file of a target's name can stop it, and CONTRIBUTING says what each does."""
    (phony,) = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert set(TARGETS) <= set(phony.split())
    assert [] == [target for target in TARGETS if f"make {target}" not in contributing]


def test_ci_runs_make_test() -> None:
    """What CI runs is what a developer runs."""
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert stat.S_IMODE(script.stat().st_mode) & stat.S_IXOTH
    assert script.read_text(encoding="utf-8").rstrip().endswith("make --no-print-directory test")


def test_make_test_ends_with_pytest() -> None:
    """Lint and types come first, so that the last lines are pytest's summary."""
    done = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - make of the machine
    commands = [line for line in done.stdout.splitlines() if line.startswith(".venv/bin/")]

    assert ["ruff", "ruff", "mypy", "lint-imports", "pytest"] == [
        Path(command.split()[0]).name for command in commands if "pip" not in command
    ]


def test_an_old_python_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Nothing is set up with a Python that is too old, and it is said how to name another."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\nif [ "$1" = -V ]; then echo "Python 3.9.2"; exit 0; fi\nexit 1\n')
    old.chmod(0o755)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    done = subprocess.run(["make", "setup", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607

    assert 0 != done.returncode
    assert f"Relaylens needs Python 3.11 or newer, and {old} is Python 3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()
