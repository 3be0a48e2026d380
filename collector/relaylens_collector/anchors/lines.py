"""How an anchor is written: one line of JSON, signed, and bound to the line before it.

    {"anchor":3,"event":"anchor","record":3751,"head":"<hex>","at":"2026-11-21T12:00:00.000000Z","applied":3750,"detail":"",
     "previous":"<SHA-256 of the line before, in hex>","key":"<name of the key>","signature":"<base64>"}

What is signed is the line's text up to the comma before `"signature"`.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from relaylens_collector.anchors.keys import name_of
from relaylens_collector.journal.framing import Link

NO_LINE: Final = "0" * 64
"""What the first line names as the one before."""

_SIGNATURE: Final = b',"signature":"'
_KEYS: Final = ("old", "new")


class Event(StrEnum):
    """What an anchor was written for."""

    START = "start"
    """A collector opened the store; without a stop before it, the one before was killed."""
    ANCHOR = "anchor"
    """Records came since the last line."""
    CLOCK = "clock"
    """The machine's clock jumped."""
    STOP = "stop"
    """The collector closed the store in order."""
    KEY = "key"
    """Another key signs from here on; the line, the last of the old one, names both."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a store is."""

    link: Link
    """The journal's last record."""

    applied: int
    """The last record that the database holds."""


@dataclass(frozen=True, slots=True)
class SignedAnchor:
    """One line, as it stands in the file."""

    number: int
    event: Event
    link: Link
    applied: int
    """The last record that the database held, 0 where that was not known yet."""

    at: str
    detail: str
    previous: str
    key: str
    text: bytes
    """The line without its line feed."""

    @property
    def digest(self) -> str:
        """What the next line names as the one before."""
        return hashlib.sha256(self.text).hexdigest()

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a line; raises ValueError when it is none."""
        try:
            said = json.loads(text)
            head = bytes.fromhex(said["head"])
            link = Link(int(said["record"]), head)
            at, detail, previous, key = (str(said[name]) for name in ("at", "detail", "previous", "key"))
            return cls(int(said["anchor"]), Event(said["event"]), link, int(said["applied"]), at, detail, previous, key, text)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            message = f"it is no anchor: {error}"
            raise ValueError(message) from error

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Tell whether the holder of the private key wrote the line."""
        signed, found, rest = self.text.rpartition(_SIGNATURE)
        try:
            key.verify(base64.b64decode(rest.removesuffix(b'"}'), validate=True), signed)
        except (InvalidSignature, binascii.Error):
            return False
        return bool(found)


def sign(key: Ed25519PrivateKey, event: Event, reach: Reach, detail: str, after: SignedAnchor | None) -> SignedAnchor:
    """Write the next line."""
    number, previous = (1, NO_LINE) if after is None else (after.number + 1, after.digest)
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    name = name_of(key.public_key())
    said = {
        "anchor": number,
        "event": event.value,
        "record": reach.link.seq,
        "head": reach.link.head.hex(),
        "applied": reach.applied,
        "at": at,
        "detail": detail,
        "previous": previous,
        "key": name,
    }
    signed = json.dumps(said, separators=(",", ":")).encode().removesuffix(b"}")
    text = signed + _SIGNATURE + base64.b64encode(key.sign(signed)) + b'"}'
    return SignedAnchor(number, event, reach.link, reach.applied, at, detail, previous, name, text)


def handing_over(old: Ed25519PublicKey, new: Ed25519PublicKey) -> str:
    """Say in a line that one key follows another."""
    return f"{_KEYS[0]} {_written(old)} {_KEYS[1]} {_written(new)}"


def handed_over(anchor: SignedAnchor) -> tuple[Ed25519PublicKey, Ed25519PublicKey] | None:
    """Return the old key and the new one that a line names, nothing where it names none."""
    said = anchor.detail.split(" ")
    if anchor.event is not Event.KEY or tuple(said[::2]) != _KEYS or len(said) != 2 * len(_KEYS):
        return None
    try:
        old, new = (Ed25519PublicKey.from_public_bytes(base64.b64decode(one, validate=True)) for one in said[1::2])
    except ValueError:
        return None
    return old, new


def _written(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)).decode()
