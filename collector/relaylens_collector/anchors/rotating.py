"""A new key for the anchors: the last line of the old one names both, so that who trusts either can follow to the other."""

from pathlib import Path
from typing import Final

from relaylens_collector.anchors import keys
from relaylens_collector.anchors.lines import Event, Reach, SignedAnchor, handed_over, handing_over, sign
from relaylens_collector.anchors.writing import ANCHORS_FILE, append, last_line, write_public
from relaylens_collector.errors import AnchorKeyError, StoreNotFoundError
from relaylens_collector.journal.segments import sync_directory
from relaylens_collector.store_folder import StoreFolder

_NEXT: Final = ".next"


def rotate(store: Path, key: Path | None = None) -> tuple[str, str]:
    """Replace the key of a store that no collector holds, and return the names of the old and the new one.

    Raises StoreNotFoundError where there is none, StoreLockedError when a collector holds it, AnchorKeyError when nothing was signed yet.
    The public key of before stays beside the new one.
    """
    place = key or store / keys.PRIVATE_KEY_FILE
    if not store.is_dir():
        detail = f"Looked for {store}."
        raise StoreNotFoundError(detail)
    folder = StoreFolder(store)
    try:
        last = last_line(store / ANCHORS_FILE)
        if last is None or not place.exists():
            detail = f"{store}: nothing was signed yet, so that there is no key to replace."
            raise AnchorKeyError(detail)
        finish(place, last)
        old = keys.load_or_make(place)
        following = _next(place)
        following.unlink(missing_ok=True)
        new = keys.load_or_make(following)
        detail = handing_over(old.public_key(), new.public_key())
        reach = Reach(last.link, last.applied)
        line = sign(old, Event.KEY, reach, detail, last)
        append(store / ANCHORS_FILE, line.text)
        finish(place, line)
        # The first line of the new key vouches for all before it.
        append(store / ANCHORS_FILE, sign(new, Event.ANCHOR, reach, "", line).text)
        names = keys.name_of(old.public_key()), keys.name_of(new.public_key())
        write_public(store / f"anchor-public-key-{names[0]}.pem", keys.public_pem(old.public_key()))
        write_public(store / keys.PUBLIC_KEY_FILE, keys.public_pem(new.public_key()))
        return names
    finally:
        folder.close()


def finish(place: Path, last: SignedAnchor | None) -> None:
    """Put the new key in its place if the line that names it was written; forget it if a kill came before."""
    following = _next(place)
    if not following.exists():
        return
    handed = None if last is None else handed_over(last)
    if handed is not None and keys.name_of(handed[1]) == keys.name_of(keys.load_or_make(following).public_key()):
        following.replace(place)
    else:
        following.unlink()
    sync_directory(place.parent)


def _next(place: Path) -> Path:
    return place.with_name(place.name + _NEXT)
