"""Keys, tokens and passwords: those that bear their vendor's mark, and those that stand where a secret stands."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule

_MARKED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-(?:ant|proj|svcacct|admin|or|lf)-[\w-]{16,300}"  # Anthropic, OpenAI, OpenRouter, Langfuse
    r"|sk-[A-Za-z0-9]{20,200}|sess-[A-Za-z0-9]{30,80}"  # OpenAI and those that follow it
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}"  # GitHub
    r"|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{20,300}"  # GitLab
    r"|xox[abeprs]-[A-Za-z0-9-]{10,300}|xapp-\d-[A-Za-z0-9-]{10,300}|xoxe\.xox[bp]-[A-Za-z0-9-]{10,300}"  # Slack
    r"|AIza[\w-]{35}|GOCSPX-[\w-]{20,40}|ya29\.[\w-]{20,2000}"  # Google
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,100}"  # Stripe
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|key-[0-9a-f]{32}(?![A-Za-z0-9])"  # SendGrid, Mailgun
    r"|(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"  # Twilio
    r"|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,500}|rubygems_[0-9a-f]{48}|dckr_pat_[\w-]{20,60}"  # package registries
    r"|hf_[A-Za-z0-9]{30,60}|r8_[A-Za-z0-9]{30,50}|gsk_[A-Za-z0-9]{40,80}|pplx-[A-Za-z0-9]{32,80}|xai-[A-Za-z0-9]{40,120}"  # models
    r"|nvapi-[\w-]{40,100}|tvly-[\w-]{20,60}|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|pcsk_\w{40,100}|voyage-[\w-]{40,60}"
    r"|dapi[0-9a-f]{32}(?:-\d)?|do[opr]_v1_[0-9a-f]{64}|hv[sbr]\.[\w-]{20,300}|dp\.[a-z]{2,5}\.[A-Za-z0-9]{40,50}"  # infrastructure
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|lin_api_[A-Za-z0-9]{32,50}|ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{40,60}"
    r"|sq0(?:atp|csp|idp)-[\w-]{22,50}|ATATT3[\w=-]{40,300}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{58}|EAA[A-Za-z0-9]{60,300}|sbp_[0-9a-f]{40}|phc_[A-Za-z0-9]{30,60}|fo1_[\w-]{40,60}"
    r")",
    re.ASCII,
)
"""Keys with a mark of who gave them out."""

_MARKS: Final = (
    *(
        "sk-",
        "sess-",
        "github_pat_",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "AIza",
        "ATATT3",
        "AGE-",
        "gh",
        "gl",
        "xox",
        "xapp",
        "GOCSPX",
        "ya29",
        "sk_",
        "rk_",
        "pk_",
    ),
    *(
        "whsec_",
        "SG.",
        "key-",
        "SK",
        "AC",
        "npm_",
        "pypi-",
        "rubygems_",
        "dckr_",
        "hf_",
        "r8_",
        "gsk_",
        "pplx-",
        "xai-",
        "nvapi-",
        "tvly-",
        "lsv2_",
    ),
    *("pcsk_", "voyage-", "dapi", "v1_", "hv", "dp.", "shp", "lin_api", "ntn_", "secret_", "sq0", "PMAK", "EAA", "sbp_", "phc_", "fo1_"),
)
"""Looked for first, since that is much faster."""

_PEM: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END: Final = re.compile(r"-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_TELEGRAM: Final = re.compile(r"(?<![\w-])\d{8,10}:AA[\w-]{33}(?![\w-])", re.ASCII)
_WEBHOOK: Final = re.compile(
    r"https://(?:hooks\.slack\.com/(?:services|workflows)/|(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/)([\w/-]{20,120})",
    re.ASCII,
)
_SENT: Final = re.compile(
    r"(?i:\b(?:bearer|basic|token|apikey|bot)[ \t]{1,3}|authorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?)"
    r"([A-Za-z0-9_.~+/=-]{8,4096})"
)
"""What goes into an `Authorization` header."""

_SENT_WORDS: Final = ("bearer", "basic", "token", "apikey", "bot", "authorization")

_USER_INFO: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@'\"<>]{0,64}:([^\s/@'\"<>]{1,128}(?:@[^\s/@'\"<>.:]{0,64})?)@[\w.\[-]"
)
"""The password in a connection string."""

_NAMED: Final = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase|wort|code)?|kennwort|pwd|passwort|mot de passe|contrase[nñ]a|wachtwoord|senha|secret|token|"
    r"api[ _-]?key|app[ _-]?key|access[ _-]?key(?:[ _-]?id)?|account[ _-]?key|shared[ _-]?key|private[ _-]?key|encryption[ _-]?key|"
    r"signing[ _-]?key|"
    r"master[ _-]?key|auth[ _-]?key|subscription[ _-]?key|credentials?|client[ _-]?secret|\bsig|x-api-key)"
    r"(?:[ _-]?(?:key|value|string|base|access|plain|hash|text))?"
    r"(?:[ ](?:for|of|to|on|für|zu|zum|zur|von|pour|du|de|del|para|do|da|voor|van)[ ][^\n:=\"']{1,40})?"
    r"[\"'`]?[ \t]{0,3}(?P<link>=>|:=|[:=]|(?<=[a-z])(?=[ ][^ ]*[0-9!$%#])|\bis\b|\bist\b|\blautet\b|\best\b|\bes\b)[ \t]{0,3}"
    r"(?:(?P<quote>[\"'`])(?P<quoted>[^\n\"'`]{4,512})|(?P<value>[^\s\"'`,;<>&]{4,512}))"
)
"""A value that is called a secret."""

_NAMED_WORDS: Final = (
    "pass",
    "kennwort",
    "pwd",
    "mot de p",
    "contrase",
    "wachtwoord",
    "senha",
    "secret",
    "token",
    "key",
    "credential",
    "sig",
)
"""Looked for first, since that is much faster."""

_NOT_SECRET: Final = re.compile(
    r"(?i)(?:none|null|nil|true|false|undefined|"
    r"string|str|int|bool|bytes|required|optional|redacted|hidden|missing|invalid|expired|unknown|empty|"
    r"wrong|correct|incorrect|changed|rotated|revoked|reset|not|the|your|here|secret|token|password|passwort|value|example|"
    r"x{3,}|\*{2,}.*|\.{2,}.*|[$%{\[(<].*|.*[({\[].*|os\.\w.*|env\.\w.*|process\.\w.*|settings\.\w.*|self\.\w.*|config\.\w.*|"
    r"[a-z_]+\.[a-z_.]+|(?-i:[A-Z][A-Z_]{5,})|https?:.*|\[.*)[\]\"')}.,;!?]*\Z"
)
"""Words that stand for a secret, or ask for one."""

_NAME_OF_PASSWORD: Final = re.compile(r"(?i)pass|pwd|kennwort|contrase|wachtwoord|senha")
_PLAIN_NUMBER: Final = re.compile(r"[-+]?\d{1,7}(?:[.,]\d+)?\Z")
_WORDY: Final = re.compile(r"[A-Za-z][a-z]*\Z|[a-z]+(?:[-_][a-z]+)+\Z")
_SHORT: Final = 8
_LONGEST_WORDS: Final = 40
"""Words of a language that are joined by `-` are shorter."""


def _find(text: str) -> Iterator[Found]:
    """Secrets by their mark, by where they stand, and by what they are called."""
    yield from _blocks(text)
    if any(mark in text for mark in _MARKS):
        for marked in _MARKED.finditer(text):
            if any(character.isdigit() for character in marked.group()) or marked.group().isupper() or len(marked.group()) > _LONGEST_WORDS:
                yield marked.span()
    for pattern, hint in ((_TELEGRAM, ":AA"), (_WEBHOOK, "https://"), (_USER_INFO, "://")):
        if hint in text:
            for found in pattern.finditer(text):
                group = found.lastindex or 0
                if not _NOT_SECRET.match(found.group(group)):
                    yield found.span(group)
    lowered = text.lower()
    if any(word in lowered for word in _SENT_WORDS):
        yield from (sent.span(1) for sent in _SENT.finditer(text) if _looks_random(sent.group(1)))
    if any(word in lowered for word in _NAMED_WORDS):
        yield from _named(text)


def _named(text: str) -> Iterator[Found]:
    """Values that are called a secret."""
    for named in _NAMED.finditer(text):
        if named.group("quote") is None:
            start, value = named.start("value"), named.group("value").rstrip(".,;:)]}")
        else:
            start, value = named.start("quoted"), named.group("quoted")
        if _is_secret_value(value, named, start + len(value)):
            yield start, start + len(value)


def _blocks(text: str) -> Iterator[Found]:
    """Private keys from their first line to their last, or to the end where that was cut off."""
    place = 0
    while (begin := _PEM.search(text, place)) is not None:
        end = _PEM_END.search(text, begin.end())
        place = end.end() if end is not None else len(text)
        yield begin.start(), place


def _is_secret_value(value: str, named: re.Match[str], end: int) -> bool:
    """Whether what a name for secrets introduces can be one: prose and code put other things there."""
    if len(value) < 4 or _NOT_SECRET.match(value) or _PLAIN_NUMBER.match(value):  # noqa: PLR2004 - a PIN has four
        return False
    if _NAME_OF_PASSWORD.search(named.group()[: named.start("link") - named.start()]):
        # `password=swordfish` and "password": "swordfish" are passwords, "the password is wrong" is none.
        after = named.string[end : end + 3]
        ends = not after.strip() or after[0] in "\n,;\"'" or after[:2] in {". ", ".\n", "."}
        if not named.group("link"):
            return _looks_random(value) and any(character.isdigit() for character in value)
        return bool(named.group("link") == "=" or named.group("quote") or (named.group("link") == ":" and ends) or not _WORDY.match(value))
    return len(value) >= _SHORT and _looks_random(value)


def _looks_random(value: str) -> bool:
    """Whether characters are mixed as chance mixes them."""
    if len(value) < _SHORT or _WORDY.match(value) or _NOT_SECRET.match(value):
        return False
    kinds = sum((any(c.isdigit() for c in value), any(c.islower() for c in value), any(c.isupper() for c in value)))
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return kinds >= 2 and entropy > 2.5  # noqa: PLR2004 - bits a character; words of a language joined together have letters only


SECRET: Final = Rule(
    "secret",
    "Keys and tokens of known vendors, private keys (PEM), what goes into `Authorization` headers, passwords in connection strings, "
    "and values that are called password, secret, token or key.",
    _find,
)
