"""Labels: what people or programs later say of a run or of a finding in it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from relaylens_analytics.errors import LabelError, NoStoreError, QueryError, StoreInUseError
from relaylens_analytics.file_reader import DATABASE
from relaylens_analytics.http_client import HttpClient
from relaylens_analytics.settle import settle
from relaylens_collector.errors import CollectorError, StoreLockedError
from relaylens_collector.errors import QueryError as RefusedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.read_api.labels import read_label
from relaylens_collector.signals import Signal

LABELS_PATH: Final = "/api/v1/labels"
"""Where a collector takes labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One statement about a run, or about a finding."""

    run: str | None = None
    trace_id: str | None = None
    """What the statement is about, where no run is known; one of the two is needed."""

    finding: str | None = None
    """The finding it is about, as the table `findings` names it; the label's name is `finding` then."""

    name: str
    """What is judged, such as `accuracy`, `resolved` or `category`; `relaylens.semconv.LabelName` has those with a meaning."""

    value: str | None = None
    score: float | None = None
    """A number, where the statement is one; `value` or `score` is needed."""

    source: str | None = None
    """Who says so; the last word of each source counts."""

    comment: str | None = None


def add_label(url: str | Path, label: Label, *, token: str | None = None, timeout_s: float = 60.0) -> None:
    """Attach a label: through the collector at an http address, or into a store's folder that no collector holds.

    When this returns the label is on disk; metrics and lists show it as soon as it is applied, which in a folder is at once.
    """
    add_labels(url, [label], token=token, timeout_s=timeout_s)


def add_labels(url: str | Path, labels: Sequence[Label], *, token: str | None = None, timeout_s: float = 60.0) -> None:
    """Attach several labels; when one is refused, those before it stay."""
    bodies = [_body(label) for label in labels]
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        client = HttpClient(url, token=token, timeout_s=timeout_s)
        try:
            for body in bodies:
                client.post(LABELS_PATH, body)
        except QueryError as error:
            raise LabelError.told(str(error)) from error
        return
    _add_to_folder(Path(url).expanduser(), bodies)


def _body(label: Label) -> bytes:
    """Give the label as it is journalled, with an id of its own: one said again after another is the last word, not a resent request."""
    held = {name: value for name, value in asdict(label).items() if value is not None}
    try:
        return read_label(json.dumps(held).encode())
    except RefusedError as error:
        raise LabelError.told(str(error)) from error


def _add_to_folder(folder: Path, bodies: Sequence[bytes]) -> None:
    if not (folder / DATABASE).is_file():
        detail = f"Looked for {folder / DATABASE}."
        raise NoStoreError(detail)
    try:
        with Ingest(folder, settle) as ingest:
            for body in bodies:
                ingest.submit(Signal.LABELS, body)
            ingest.flush()
    except StoreLockedError as error:
        raise StoreInUseError(str(error)) from error
    except CollectorError as error:
        raise LabelError(str(error)) from error
