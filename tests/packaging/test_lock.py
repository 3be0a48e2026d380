"""The lock is complete, by hash, and names no index."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINS = [block for block in re.split(r"\n(?=\S)", LOCK) if not block.startswith("#")]


def test_every_pin_has_hashes() -> None:
    """Nothing is installed but the very file that was locked."""
    assert [] == [block.splitlines()[0] for block in PINS if "--hash=sha256:" not in block]


def test_the_lock_names_no_index() -> None:
    """Where packages come from is the machine's business."""
    assert [] == re.findall(r"(?m)^.*(?:index-url|find-links|https?://|file:|trusted-host).*$", LOCK)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_lock_has_every_requirement(version: str) -> None:
    """On each supported Python, what pyproject.toml asks for, extras included, is pinned once, at a version it allows."""
    python = {"python_version": version, "python_full_version": f"{version}.0"}
    pins = [Requirement(block.splitlines()[0].removesuffix("\\").strip()) for block in PINS]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(python)]
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}

    wanted = [one for one in map(Requirement, distribution("relaylens").requires or []) if one.name != "relaylens"]

    assert len(here) == len(versions)
    assert [] == [str(one) for one in wanted if not one.specifier.contains(versions.get(canonicalize_name(one.name), "0"))]
    assert version in SpecifierSet(distribution("relaylens").metadata["Requires-Python"])
