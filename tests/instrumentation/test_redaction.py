"""Personal data and secrets are found in texts, nothing else is, and no text takes long."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from relaylens.exceptions import SettingError
from relaylens.redaction import KINDS, RULES, USUAL_KINDS, Redactor, redactor_of
from relaylens.redaction.rule import rows_of_digits

TEXTS = Path(__file__).with_name("privacy_texts.jsonl")
MARKED = re.compile(r"⟦(\w+):(.*?)⟧", re.DOTALL)
HALVES = ("tuning", "held_out")


def texts(half: str) -> Iterator[str]:
    """The labelled texts of one half; `⟦kind:value⟧` stands around what is to be found."""
    for line in TEXTS.read_text().splitlines():
        entry = json.loads(line)
        if entry["half"] == half:
            yield entry["text"]


def spelled(text: str) -> str:
    """JSON in one spelling, anything else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


@cache
def score(half: str) -> dict[str, tuple[int, int, int]]:
    """Right, wrong and missed replacements by kind; one with wrong borders is both wrong and missed."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    redactor = Redactor()
    for marked in texts(half):
        expected = Counter(kind for kind, _ in MARKED.findall(marked))
        left = redactor.text(MARKED.sub(r"\2", marked))
        if spelled(left) == spelled(MARKED.sub(r"[\1]", marked)):
            right += expected
            continue
        found = Counter(kind for kind in re.findall(r"\[(\w+)\]", left) if kind in KINDS)
        for kind in USUAL_KINDS:
            both = min(expected[kind], found[kind]) - (expected == found and expected[kind] > 0)
            right[kind] += both
            wrong[kind] += found[kind] - both
            missed[kind] += expected[kind] - both
    return {kind: (right[kind], wrong[kind], missed[kind]) for kind in USUAL_KINDS}


def test_there_are_enough_texts() -> None:
    """At least 500 in all, a fifth of them with nothing to be found, and each half with every kind."""
    both = [list(texts(half)) for half in HALVES]
    assert sum(map(len, both)) >= 500
    assert all(sum("⟦" not in text for text in half) >= len(half) / 5 for half in both)
    assert [set(USUAL_KINDS)] * 2 == [{kind for text in half for kind, _ in MARKED.findall(text)} for half in both]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("kind", USUAL_KINDS)
def test_precision_and_recall(kind: str, half: str) -> None:
    """Both are at least 0.95 for every kind, on the texts that were looked at and on those that were not."""
    right, wrong, missed = score(half)[kind]
    assert right >= 0.95 * (right + wrong)
    assert right >= 0.95 * (right + missed)


def test_json_stays_json_and_names_are_evidence() -> None:
    """Texts inside JSON, JSON inside these, numbers and keys are redacted, and everything else is as it was."""
    document = json.dumps(
        {
            "phone": 4155552671,
            "ticket": 4155552671,
            "note": "line\nann@example.com",
            "password": "correct horse battery",
            "call": json.dumps({"arguments": {"to": "bob@example.com", "n": 1.5}}),
            "carla@example.com": [True, None],
        }
    )
    assert {
        "phone": "[phone]",
        "ticket": 4155552671,
        "note": "line\n[mail]",
        "password": "[secret]",
        "call": json.dumps({"arguments": {"to": "[mail]", "n": 1.5}}),
        "[mail]": [True, None],
    } == json.loads(Redactor().text(document))


def test_a_text_without_finds_is_the_same_text() -> None:
    """JSON is written anew only where something is replaced in it."""
    document = '{"a":1.10,  "b":[ "x" ]}'
    assert document == Redactor().text(document)


@pytest.mark.parametrize(
    "broken", ['{"mail": "ann@example.com"', '["ann@example.com"', '{"a" ann@example.com}', "[" * 100_000 + "ann@example.com]"]
)
def test_broken_json_is_a_text(broken: str) -> None:
    """What does not parse, or is nested too deeply to be read, is redacted as a text."""
    assert "ann@example.com" not in Redactor().text(broken)


def test_a_key_gives_pseudonyms_that_stay_equal() -> None:
    """The same value has the same pseudonym however it is written, another value and another key give others."""
    redactor = Redactor(key=b"key")
    one, same, other = (
        redactor.text(text) for text in ("IBAN DE89 3704 0044 0532 0130 00", "IBAN DE89370400440532013000", "IBAN GB29NWBK60161331926819")
    )
    assert one == same
    assert re.fullmatch(r"IBAN \[iban:[0-9a-f]{8}\]", one)
    assert one != other
    assert one != Redactor(key=b"another").text("IBAN DE89 3704 0044 0532 0130 00")


def test_only_the_kinds_that_are_asked_for_are_taken_out() -> None:
    """A card's number is not a phone's, also where cards are left in."""
    text = "ann@example.com, +49 30 1234567, 4111 1111 1111 1111, 192.168.1.17"
    assert "ann@example.com, [phone], 4111 1111 1111 1111, 192.168.1.17" == Redactor(("phone",)).text(text)
    assert "ann@example.com, +49 30 1234567, 4111 1111 1111 1111, [ip]" == Redactor(("ip",)).text(text)
    assert "[mail], [phone], [card], 192.168.1.17" == Redactor().text(text)


def test_own_functions_come_after_the_rules() -> None:
    """They get each text, inside JSON too, and what they answer is what is sent."""
    redactor = redactor_of(("mail", lambda text: text.replace("Project X", "[project]")))
    assert redactor is not None
    assert '{"a": "[project] by [mail]"}' == redactor.text('{"a": "Project X by ann@example.com"}')
    alone = redactor_of(str.upper)
    assert alone is not None
    assert "ANN@EXAMPLE.COM" == alone.text("ann@example.com")


def test_kinds_have_other_names_and_no_wrong_ones() -> None:
    """`email` is mail, `token` is secret; a kind that is not known is said, with those that are."""
    redactor = redactor_of("email, tokens")
    assert redactor is not None
    assert "[mail] 4111 1111 1111 1111" == redactor.text("ann@example.com 4111 1111 1111 1111")
    assert [None, None] == [redactor_of(asked) for asked in (False, ())]
    with pytest.raises(SettingError, match=r"names 'mial'; allowed are .*mail"):
        redactor_of(("mial",))


def test_rows_of_digits_leave_nothing_out() -> None:
    """Every place with enough digits is looked at."""
    text = "a1 " * 5 + "x" * 50 + " 12 34 56 " + "y" * 50 + "7"
    assert [text[start:end].strip("xya ") for start, end in rows_of_digits(text, 5)] == ["1 a1 a1 a1 a1", "12 34 56"]


HOSTILE = {
    "a@": "a@",
    "@": "@",
    "a.": "a@a.",
    "labels": "a@" + "a." * 50,
    "digits": "1",
    "spaced": "1 ",
    "groups": "4111 ",
    "dashes": "0171-",
    "plus": "+1(",
    "brackets": "(1",
    "iban": "DE89 ",
    "jwt": "eyJhbGciOiJI.",
    "keys": "sk-ant-",
    "pem": "-----BEGIN PRIVATE KEY-----",
    "password": "password=",
    "password and blanks": "password:   ",
    "urls": "http://" + "a" * 60 + ":",
    "bearer": "bearer ",
    "colons": "::1",
    "encoded": "%40",
    "words": "call me no. order # ",
    "deep": "[",
    "quotes": '"',
    "lines": "\n",
    "backslashes": "\\n",
}


@pytest.mark.parametrize("seed", HOSTILE.values(), ids=HOSTILE)
def test_the_time_is_in_proportion_to_the_text(seed: str) -> None:
    """Four times the text, of a kind that makes careless patterns explode, takes about four times as long: never sixteen."""

    def seconds(length: int) -> float:
        text = (seed * (length // len(seed) + 1))[:length] + "!"
        times = []
        for _ in range(2):
            begin = time.process_time()
            Redactor(KINDS).text(text)
            for rule in RULES:
                list(rule.find(text))
            times.append(time.process_time() - begin)
        return min(times)

    short, long = seconds(6_000), seconds(24_000)
    assert long < 9 * short + 0.05
