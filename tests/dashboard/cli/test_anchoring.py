"""`relaylens anchor`, and the check of an anchor by somebody who has OpenSSL and not Relaylens."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Relaylens = Callable[..., Any]

DOCUMENT = Path(__file__).parents[3] / "docs" / "record.md"


def test_anchors_are_shown(relaylens: Relaylens, store: Path) -> None:
    """A start and a stop, with the record that the journal and the database reached."""
    rows = json.loads(relaylens("anchor", "show", store, "--format", "json").out)

    assert [(1, "start", 0, 0), (2, "stop", 2, 2)] == [(row["anchor"], row["event"], row["record"], row["applied"]) for row in rows]


def test_exported_anchors_prove_a_loss(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """With the exported files, a store that was taken back to nothing shows, whatever its own anchors say."""
    done = relaylens("anchor", "export", store, tmp_path / "held.jsonl", "--public-key", tmp_path / "held.pem")
    held = ("--anchors", tmp_path / "held.jsonl", "--public-key", tmp_path / "held.pem", "--journal")
    whole = relaylens("verify", store, *held)
    shutil.rmtree(store)
    (tmp_path / "empty.pb").write_bytes(b"")
    relaylens("import", tmp_path / "empty.pb", "--store", store)
    new = relaylens("verify", store, *held)

    assert (0, 0, 1) == (done.code, whole.code, new.code)
    assert "records missing: The journal ends with record 0, but record 2 was there" in new.out
    assert "anchor forged" in new.out


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_checks_an_anchor_as_the_page_says(store: Path) -> None:
    """The commands of docs/record.md, word for word."""
    commands = re.findall(r"^    ((?:head|sed|openssl) .*)$", DOCUMENT.read_text(), re.MULTILINE)
    script = "; ".join(commands).replace("-n 3", "-n 2")
    good = subprocess.run(["/bin/sh", "-c", script], cwd=store, capture_output=True, check=False)
    bad = subprocess.run(["/bin/sh", "-c", script.replace(" > signed", " | tr 0 1 > signed")], cwd=store, capture_output=True, check=False)

    assert 4 == len(commands)
    assert (0, b"Signature Verified Successfully") == (good.returncode, good.stdout.strip())
    assert 0 != bad.returncode


def test_a_key_is_replaced(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """The store verifies with the key it had, and with the one it has now."""
    relaylens("anchor", "export", store, tmp_path / "held.jsonl", "--public-key", tmp_path / "held.pem")
    done = relaylens("anchor", "rotate", store)
    events = [row["event"] for row in json.loads(relaylens("anchor", "show", store, "--format", "json").out)]
    held = relaylens("verify", store, "--journal", "--anchors", tmp_path / "held.jsonl", "--public-key", tmp_path / "held.pem")

    assert 0 == done.code
    assert "signs from here on, in place of" in done.err
    assert ["start", "stop", "key", "anchor"] == events
    assert (0, 0) == (held.code, relaylens("verify", store).code)
    assert 1 == relaylens("anchor", "rotate", tmp_path / "nowhere").code
