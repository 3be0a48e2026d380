"""Exit codes, sentences on standard error, and the pages that describe the command line."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from relaylens_dashboard import reference
from relaylens_dashboard.cli.app import COMMANDS

Relaylens = Callable[..., Any]
DOCS = Path(__file__).parents[3] / "docs"


def test_the_version_is_the_packages(relaylens: Relaylens) -> None:
    """`--version` is a result."""
    done = relaylens("--version")

    assert (0, f"relaylens {version('relaylens')}\n", "") == (done.code, done.out, done.err)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(relaylens: Relaylens, command: Any) -> None:  # noqa: ANN401 - a row of the table of commands
    """Each says in a sentence what it does, and each option what it is for."""
    done = relaylens(command.name, "--help", COLUMNS="200")

    assert 0 == done.code
    assert f"relaylens {command.name}" in done.out
    assert (command.function.__doc__ or "").split("\n")[0].rstrip(".")[:60] in done.out


@pytest.mark.parametrize("page", reference.PAGES)
def test_the_generated_pages_are_current(page: str) -> None:
    """`make docs` writes them again."""
    assert reference.PAGES[page]() == (DOCS / page).read_text(encoding="utf-8"), "run `make docs`"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("runs", "--store", "nowhere"), 1, "There is no Relaylens database here"),
        (("runs", "--url", "http://127.0.0.1:9"), 1, "No collector answers here; start it with `relaylens up`"),
        (("runs", "--url", "ftp://example.org"), 1, "A store is named by its folder or by a collector's address"),
        (("runs", "--store", "a", "--url", "http://127.0.0.1:9"), 2, "give either --store or --url"),
        (("runs", "--store", "http://127.0.0.1:9"), 2, "give the address of a collector as --url"),
        (("runs", "--url", "127.0.0.1:4318"), 2, "begins with http:// or https://, found '127.0.0.1:4318'"),
        (("report", "--out", "report.pdf"), 2, "report.pdf: the name of a report ends in .html, .md, .csv, .json"),
        (("verify", "--store", "nowhere"), 2, "give the folder that `relaylens up` writes to"),
        (("verify", "nowhere", "--store", "nowhere"), 2, "name the folder once; --store does"),
        (("runs", "--since", "yesterday"), 2, "neither ISO 8601"),
        (("runs", "--since", "99999999999d"), 2, "neither ISO 8601"),
        (("runs", "--limit", "0"), 2, "--limit"),
        (("runs", "--format", "yaml"), 2, "--format"),
        (("import", "nothing.pb"), 2, "nothing.pb"),
        (("import", "."), 2, "directory"),
        (("up", "--host", "0.0.0.0"), 2, "set a token"),  # noqa: S104 - it is refused
        (("up", "--tls-cert", "server.pem"), 2, "No such option: --tls-cert"),
        (("up", "--tls-certificate"), 2, "--tls-certificate needs a value"),
        (("up", "--retention-days", "many"), 2, "--retention-days has to be a number of days, found 'many'"),
        (("up", "--tls-certificate=server.pem"), 2, "TLS needs both a certificate and its key"),
        (("up", "here"), 2, "Unexpected argument: here"),
        (("token", "create", "agents", "--scope", "read", "--expires", "2020-01-01"), 2, "'2020-01-01' is over"),
        (("token", "create", "agents", "--scope", "read", "--expires", "0d"), 2, "'0d' is over"),
        (("dance",), 2, "dance"),
    ],
)
def test_mistakes_are_sentences(relaylens: Relaylens, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    """What failed exits with 1, wrong use with 2, both without a traceback and without a word on standard output."""
    done = relaylens(*arguments, cwd=tmp_path, COLUMNS="300")

    assert (code, "") == (done.code, done.out)
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_report_cannot_be_written_where_there_is_no_folder(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """The system's own reason and the file are named."""
    done = relaylens("report", "--store", network_store, "--out", tmp_path / "no" / "report.html")

    assert 1 == done.code
    assert f"No such file or directory: {tmp_path / 'no' / 'report.html'}" in done.err


def test_the_environment_says_what_is_read_where_no_option_does(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """RELAYLENS_STORE is a folder and RELAYLENS_URL an address, which wins; an option wins over both."""
    by_folder = relaylens("runs", "--format", "csv", cwd=tmp_path, RELAYLENS_STORE=str(network_store))
    by_address = relaylens("runs", cwd=tmp_path, RELAYLENS_STORE=str(network_store), RELAYLENS_URL="http://127.0.0.1:9")
    by_option = relaylens("runs", "--store", network_store, "--format", "csv", cwd=tmp_path, RELAYLENS_URL="http://127.0.0.1:9")

    assert (0, 1, 0) == (by_folder.code, by_address.code, by_option.code)
    assert by_folder.out == by_option.out != ""
    assert "No collector answers here" in by_address.err


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("verify",), ()),
        (("doctor",), ()),
        (("anchor", "show"), ()),
        (("anchor", "rotate"), ()),
        (("anchor", "export"), ("out",)),
        (("backup",), ("out",)),
    ],
    ids="-".join,
)
def test_a_store_is_named_as_for_every_other_command(
    relaylens: Relaylens, network_store: Path, tmp_path: Path, words: tuple[str, ...], file: tuple[str, ...]
) -> None:
    """By --store or RELAYLENS_STORE, else it is ./relaylens-data; the argument of the older form goes before the environment, too."""
    kept, default = tmp_path / "kept", tmp_path / "relaylens-data"
    shutil.copytree(network_store, kept)
    shutil.copytree(network_store, default)
    nowhere = str(tmp_path / "nowhere")
    homes = [tmp_path / name for name in ("a", "b", "c")]
    for home in homes:
        home.mkdir()

    by_option = relaylens(*words, *file, "--store", kept, cwd=homes[0], RELAYLENS_STORE=nowhere)
    by_variable = relaylens(*words, *file, cwd=homes[1], RELAYLENS_STORE=str(kept))
    as_before = relaylens(*words, kept, *file, cwd=homes[2], RELAYLENS_STORE=nowhere)
    by_default = relaylens(*words, *file, cwd=tmp_path)

    assert [0, 0, 0, 0] == [one.code for one in (by_option, by_variable, as_before, by_default)]


def test_the_default_store_is_in_the_folder_one_is_in(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """Without --store it is ./relaylens-data."""
    (tmp_path / "relaylens-data").symlink_to(network_store)

    assert 2 == len(json.loads(relaylens("runs", "--format", "json", cwd=tmp_path).out))


def test_who_stops_reading_is_not_told_of_an_error(network_store: Path) -> None:
    """`relaylens sql ... | head` ends without a traceback."""
    command = [sys.executable, "-m", "relaylens_dashboard.main", "sql", "FROM range(1000000)", "--store", str(network_store)]
    with subprocess.Popen([*command, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        said = process.stderr.read().decode()

    assert "" == said
