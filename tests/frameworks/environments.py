"""Virtual environments for frameworks and peers, each made once and kept while its requirements stay the same."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.frameworks.programs import FOLDER

ROOT: Final = FOLDER.parents[1]
PLACE: Final = Path(os.environ.get("RELAYLENS_FRAMEWORK_ENVS", ROOT / ".framework-envs"))
_PATIENCE_S: Final = 900


def python_of(framework: str) -> Path:
    """The interpreter of a framework's environment, which is made first where it is missing or out of date."""
    return python_with(framework, FOLDER / framework / "requirements.in")


def python_with(name: str, requirements: Path) -> Path:
    """The interpreter of an environment of that name, made from a file of requirements."""
    folder = PLACE / name
    python = folder / "bin" / "python"
    stamp = folder / ".made-from"
    with _alone(name):
        wanted = _fingerprint(requirements.read_text())
        if not stamp.exists() or stamp.read_text() != wanted:
            _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
            # Compiled once here, so that no program pays for it at its start.
            install = ("pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), "--requirements")
            _uv(*install, str(requirements))
            stamp.write_text(wanted)
    return python


def _fingerprint(requirements: str) -> str:
    """What the environment is made from: its requirements, what the project itself asks for there, and the interpreter."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {word.strip() for words in re.findall(r"\[([^\]]+)\]", requirements) for word in words.split(",")}
    asked = {name: wanted for name, wanted in project["optional-dependencies"].items() if name in extras}
    made_from = [requirements, project["dependencies"], asked, project.get("scripts"), project.get("entry-points"), sys.version, str(ROOT)]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def _uv(*words: str) -> None:
    """Run uv in the project's root, from where `-e .` is read."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv") or "uv"
    ended = subprocess.run([uv, *words], cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if ended.returncode:
        message = f"uv {' '.join(words)} failed with {ended.returncode}:\n{ended.stderr}"
        raise RuntimeError(message)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Let one process at a time make an environment."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
