"""`relaylens backup`, `relaylens restore` and `relaylens doctor`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relaylens_collector.collector import Collector

Relaylens = Callable[..., Any]


def test_a_backup_makes_the_store_again(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """The copy is verified, a store that is there is replaced only when told, and then kept beside the new one."""
    copied = relaylens("backup", tmp_path / "copy", "--store", store)
    relaylens("erase", "--conversation", "ticket-1", "--store", store)
    refused = relaylens("restore", tmp_path / "copy", "--store", store)
    restored = relaylens("restore", tmp_path / "copy", store, "--replace")
    runs = json.loads(relaylens("runs", "--store", store, "--format", "json").out)

    assert (0, 0) == (copied.code, restored.code)
    assert "Copied 2 records and " in copied.err
    assert refused.code != 0
    assert f"{store} is not empty" in refused.err
    assert ["run-1", "run-2"] == sorted(row["run"] for row in runs)
    assert 0 == relaylens("verify", store).code
    assert 2 == len([path for path in tmp_path.iterdir() if path.name.startswith("store")])


def test_a_running_collector_is_copied(relaylens: Relaylens, collector: Collector, tmp_path: Path) -> None:
    """With its address, and it goes on; without, the folder is in use and the error says so."""
    in_use = relaylens("backup", tmp_path / "live", tmp_path / "nothing")
    copied = relaylens("backup", tmp_path / "live", tmp_path / "copy", "--url", collector.http_url)

    assert in_use.code != 0
    assert "Copied 2 records and " in copied.err
    assert 0 == relaylens("verify", tmp_path / "copy").code
    assert 2 == len(json.loads(relaylens("runs", "--url", collector.http_url, "--format", "json").out))


def test_a_collector_of_another_store_is_not_copied(relaylens: Relaylens, collector: Collector, store: Path, tmp_path: Path) -> None:
    """Its address beside the wrong folder is named as what it is."""
    done = relaylens("backup", tmp_path / "copy", "--store", store, "--url", collector.http_url)

    assert 1 == done.code
    assert f"The collector at {collector.http_url} holds another store than {store}." in done.err
    assert not (tmp_path / "copy").exists()


def test_other_projects_stay_where_they_are(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """A backup holds one project, and what it replaces is that one."""
    relaylens("backup", tmp_path / "copy", "--store", store)
    other = store / "projects" / "acme"
    other.parent.mkdir()
    relaylens("restore", tmp_path / "copy", "--store", other)
    done = relaylens("restore", tmp_path / "copy", "--store", store, "--replace")

    assert 0 == done.code, done.err
    assert (0, 0) == (relaylens("verify", "--store", store).code, relaylens("verify", "--store", other).code)


def test_a_damaged_backup_is_not_restored(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """It does not verify, and nothing is put anywhere."""
    relaylens("backup", store, tmp_path / "copy")
    segment = max((tmp_path / "copy" / "journal").glob("*.segment*"))
    damaged = bytearray(segment.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    segment.write_bytes(bytes(damaged))
    refused = relaylens("restore", tmp_path / "copy", tmp_path / "new")

    assert refused.code != 0
    assert not (tmp_path / "new").exists()


def test_the_doctor_explains_and_repairs_only_when_told(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """0 is well, 1 is not, 2 is not looked at; a repair is announced: the database is set aside and, once there is a new one, deleted."""
    well = relaylens("doctor", store)
    (store / "relaylens.duckdb").write_bytes(b"no database")
    ill = relaylens("doctor", store)
    listed = json.loads(relaylens("doctor", store, "--format", "json").out)
    untouched = (store / "relaylens.duckdb").read_bytes()
    repaired = relaylens("doctor", store, "--repair")
    nowhere = relaylens("doctor", tmp_path / "nowhere")

    assert (0, 1, 1, 2) == (well.code, ill.code, repaired.code, nowhere.code)
    assert "Nothing is the matter with" in well.err
    assert "--repair would: " in ill.out
    assert ["database unreadable" in one["what"] for one in listed] == [True]
    assert b"no database" == untouched
    assert "Repaired 1 things; look again." in repaired.err
    assert 0 == relaylens("rebuild", "--store", store).code
    assert 1 == relaylens("doctor", store, "--repair").code
    assert 0 == relaylens("doctor", store).code
    assert 2 == len(json.loads(relaylens("runs", "--store", store, "--format", "json").out))
