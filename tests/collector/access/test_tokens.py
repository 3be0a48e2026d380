"""Tokens: made, found, changed and refused, and never kept."""

import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relaylens_collector.access import ALL_SCOPES, DEFAULT_PROJECT, Authenticator, Scope, TokenFile, check_project
from relaylens_collector.errors import NotAuthenticatedError, ProjectNameError, SettingsError, TokenFileError, UnknownTokenError
from relaylens_collector.settings import Settings


def test_the_file_holds_hashes_for_the_owner_alone(tmp_path: Path) -> None:
    """A token has 256 random bits, and neither they nor their text are in the store or in a repr."""
    made = TokenFile(tmp_path).create("agents", project="acme", scopes={Scope.INGEST})
    prefix, token_id, secret = made.text.split("_", 2)
    written = (tmp_path / "tokens.json").read_text(encoding="utf-8")

    assert ("rl", made.token.token_id, 43) == (prefix, token_id, len(secret))
    assert 0o600 == stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode)
    assert secret not in written
    assert secret not in repr(made)
    assert ["tokens.json", "tokens.lock"] == sorted(file.name for file in tmp_path.iterdir())


def test_no_two_tokens_are_alike(tmp_path: Path) -> None:
    """Also those that several processes make at once are all kept."""
    files = [TokenFile(tmp_path) for _ in range(8)]
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda file: texts.extend(file.create("n", project="p", scopes=()).text for _ in range(5)), args=(file,))
        for file in files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 40 == len(set(texts)) == len(TokenFile(tmp_path).tokens())


def test_a_token_is_found_and_grants_what_it_was_made_for(tmp_path: Path) -> None:
    """Project and scopes come from the file."""
    made = TokenFile(tmp_path).create("agents", project="acme", scopes={Scope.INGEST, Scope.LABEL})
    grant = Authenticator(None, TokenFile(tmp_path)).grant(made.text)

    assert (made.token.token_id, "acme", frozenset({Scope.INGEST, Scope.LABEL})) == (grant.holder, grant.project, grant.scopes)


@pytest.mark.parametrize(
    "change", ["{0}x", "{0}\0", "x{0}", "rl_{1}_", "rl_{1}", "rl__{2}", "rl_0000000000_{2}", "{2}", "RL_{1}_{2}", "", "\udcff"]
)
def test_what_is_nearly_a_token_is_none(tmp_path: Path, change: str) -> None:
    """Every other text is refused."""
    text = TokenFile(tmp_path).create("agents", project="acme", scopes=ALL_SCOPES).text
    _, token_id, secret = text.split("_", 2)

    with pytest.raises(NotAuthenticatedError):
        Authenticator(None, TokenFile(tmp_path)).grant(change.format(text, token_id, secret))


def test_changes_are_seen_without_a_restart(tmp_path: Path) -> None:
    """A token that another process makes is known, and one that it revokes is not any more."""
    running, elsewhere = Authenticator(None, TokenFile(tmp_path)), TokenFile(tmp_path)
    before = running.grant(None)
    made = elsewhere.create("agents", project="acme", scopes={Scope.READ})
    granted = running.grant(made.text)
    with pytest.raises(NotAuthenticatedError):
        running.grant(None)
    elsewhere.revoke(made.token.token_id)

    assert (DEFAULT_PROJECT, ALL_SCOPES) == (before.project, before.scopes)
    assert "acme" == granted.project
    with pytest.raises(NotAuthenticatedError, match="revoked"):
        running.grant(made.text)


def test_an_expired_token_is_good_for_nothing(tmp_path: Path) -> None:
    """Its holder is told, for others cannot know."""
    over = datetime.now(UTC) - timedelta(seconds=1)
    made = TokenFile(tmp_path).create("agents", project="acme", scopes=ALL_SCOPES, expires=over)
    running = Authenticator(None, TokenFile(tmp_path))

    with pytest.raises(NotAuthenticatedError, match="expired"):
        running.grant(made.text)
    with pytest.raises(NotAuthenticatedError) as refusal:
        running.grant(made.text + "x")
    assert "expired" not in str(refusal.value)


@pytest.mark.parametrize("gone", ["removed", "all revoked"])
def test_where_there_were_tokens_one_is_asked_for(tmp_path: Path, gone: str) -> None:
    """Neither a file that is gone nor one with nothing valid in it opens the doors."""
    file = TokenFile(tmp_path)
    made = file.create("agents", project="acme", scopes=ALL_SCOPES)
    running = Authenticator(None, TokenFile(tmp_path))
    assert running.is_needed
    if gone == "removed":
        file.path.unlink()
    else:
        file.revoke(made.token.token_id)

    for given in (None, made.text, "rl_x_y"):
        with pytest.raises(NotAuthenticatedError):
            running.grant(given)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "not json",
        '{"version": 2, "tokens": []}',
        '{"version": 1, "tokens": [{}]}',
        "folder",
        "scope",
        "project",
        "hash",
        "naive",
    ],
)
def test_a_broken_file_lets_nobody_in(tmp_path: Path, content: str) -> None:
    """The file and what to do are named, and nothing that stands in it."""
    file = TokenFile(tmp_path)
    made = file.create("agents", project="acme", scopes=ALL_SCOPES)
    document = json.loads(file.path.read_bytes())
    bad = {"scope": ("scopes", ["root"]), "project": ("project", "../.."), "hash": ("sha256", "00"), "naive": ("created", "2026-01-01")}
    if content == "folder":
        file.path.unlink()
        file.path.mkdir()
    elif content in bad:
        document["tokens"][0][bad[content][0]] = bad[content][1]
        file.path.write_text(json.dumps(document), encoding="utf-8")
    else:
        file.path.write_text(content, encoding="utf-8")

    for given in (None, made.text):
        with pytest.raises(TokenFileError, match=r"tokens\.json"):
            Authenticator(None, TokenFile(tmp_path)).grant(given)


def test_the_setting_is_one_more_token(tmp_path: Path) -> None:
    """It is good for everything in the default project, beside those of the file."""
    made = TokenFile(tmp_path).create("agents", project="acme", scopes={Scope.READ})
    running = Authenticator("open sesame", TokenFile(tmp_path))

    assert (DEFAULT_PROJECT, ALL_SCOPES) == (running.grant("open sesame").project, running.grant("open sesame").scopes)
    assert "acme" == running.grant(made.text).project
    with pytest.raises(NotAuthenticatedError):
        running.grant("open")


def test_a_token_of_the_process_is_in_no_file(tmp_path: Path) -> None:
    """The dashboard's own is known to its collector alone, also when others come and go."""
    running = Authenticator("setting", TokenFile(tmp_path))
    text = running.issue("dashboard", project="acme", scopes={Scope.READ})

    assert ("acme", frozenset({Scope.READ})) == (running.grant(text).project, running.grant(text).scopes)
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(NotAuthenticatedError):
        Authenticator("setting", TokenFile(tmp_path)).grant(text)


def test_an_unknown_id_is_named(tmp_path: Path) -> None:
    """Revoking what is not there is no success."""
    with pytest.raises(UnknownTokenError, match="nothing"):
        TokenFile(tmp_path).revoke("nothing")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "/etc", "A", "a.b", "-a", "a-", "a\n", "a\0", "é", "a" * 64, "%2e%2e", "con ", "a b"]
)
def test_a_projects_name_is_no_path(name: str) -> None:
    """Small letters, digits, - and _: nothing that means something to a file system."""
    with pytest.raises(ProjectNameError):
        check_project(name)


@pytest.mark.parametrize("name", ["a", "0", "acme", "acme-eu_2", "a" * 63])
def test_names_of_projects(name: str) -> None:
    """What may be one."""
    assert name == check_project(name)


def test_others_can_reach_it_only_with_a_token(tmp_path: Path) -> None:
    """G22: on any address but loopback it does not start without a token, of the setting or of the file."""
    with pytest.raises(SettingsError, match="relaylens token create"):
        Settings(store=tmp_path, host="0.0.0.0")  # noqa: S104 - it is refused
    assert Settings(store=tmp_path, host="0.0.0.0", token="t").host == "0.0.0.0"  # noqa: S104, S106 - it is protected
    TokenFile(tmp_path).create("agents", project="acme", scopes=ALL_SCOPES)

    assert Settings(store=tmp_path, host="0.0.0.0").token is None  # noqa: S104 - as above
