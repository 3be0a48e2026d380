"""Exporters of another age or language, each version in an environment of its own, made once (`.client-envs`)."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
PLACE: Final = Path(os.environ.get("RELAYLENS_CLIENT_ENVS", HERE.parents[2] / ".client-envs"))
_PATIENCE_S: Final = 300


@dataclass(frozen=True)
class Client:
    """An exporter: how it is called, and over which transports it sends."""

    name: str
    transports: tuple[str, ...]
    sends_lists: bool = True
    """The first release loses an attribute that is a list, with a line in its log."""

    def __str__(self) -> str:
        """Name a test by it."""
        return self.name

    def command(self) -> list[str]:
        """The program that sends a plan; its environment is made first where it is missing."""
        language, _, version = self.name.partition(" ")
        if self.name == "python newest":  # the one that this project is tested with
            return [sys.executable, str(HERE / "python" / "client.py")]
        if language == "python":
            return [str(_python(version)), str(HERE / "python" / "client.py")]
        return ["node", str(HERE / "javascript" / "client.mjs"), str(_javascript(version))]


CLIENTS: Final = (
    Client("python newest", ("http/protobuf", "grpc")),
    Client("python oldest-http", ("http/protobuf", "grpc")),
    Client("python oldest-grpc", ("grpc",), sends_lists=False),
    Client("javascript newest", ("http/protobuf", "http/json", "grpc")),
    Client("javascript oldest", ("http/protobuf", "http/json", "grpc")),
)


def _python(version: str) -> Path:
    """A virtual environment with what the requirements say."""
    requirements = HERE / "python" / f"{version}.in"
    folder = PLACE / f"python-{version}"
    with _made_from(folder, requirements.read_text() + sys.version) as is_new:
        if is_new:
            beside = Path(sys.executable).parent / "uv"
            uv = str(beside) if beside.exists() else "uv"
            _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
            _run(uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "--requirements", str(requirements))
    return folder / "bin" / "python"


def has_node() -> bool:
    """Whether JavaScript can be run here."""
    return shutil.which("node") is not None and shutil.which("npm") is not None


def _javascript(version: str) -> Path:
    """A folder with what its package.json says."""
    if not has_node():
        reason = "node and npm are not installed here: apt-get install nodejs npm"
        if os.environ.get("RELAYLENS_REQUIRE_NODE"):
            pytest.fail(reason)
        pytest.skip(reason)
    package = (HERE / "javascript" / version / "package.json").read_text()
    folder = PLACE / f"javascript-{version}"
    with _made_from(folder, package) as is_new:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(package)
            # A lock file would name the registry it was made with.
            _run("npm", "install", "--prefix", str(folder), "--no-package-lock", "--no-audit", "--no-fund", "--silent")
    return folder


@contextmanager
def _made_from(folder: Path, source: str) -> Iterator[bool]:
    """Let one process at a time make a folder; whether it has to be made."""
    PLACE.mkdir(parents=True, exist_ok=True)
    stamp, wanted = folder / ".made-from", hashlib.sha256(source.encode()).hexdigest()
    with (PLACE / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not stamp.exists() or stamp.read_text() != wanted
        yield is_new
        if is_new:
            stamp.write_text(wanted)


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if ended.returncode:
        message = f"{' '.join(command)} failed with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        raise RuntimeError(message)
