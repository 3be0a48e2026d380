"""Labels: what people or programs later say of a run, which then becomes a metric."""

import json
import math
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from relaylens_analytics.errors import LabelError, NoStoreError, QueryError, StoreInUseError
from relaylens_analytics.file_reader import DATABASE
from relaylens_analytics.http_client import HttpClient
from relaylens_analytics.settle import settle
from relaylens_collector.errors import CollectorError, StoreLockedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

LABELS_PATH: Final = "/api/v1/labels"
"""Where a collector takes labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One statement about a run."""

    run: str
    name: str
    """What is judged, such as `accuracy`, `resolved` or `category`."""

    value: str | None = None
    score: float | None = None
    """A number, where the statement is one; `value` or `score` is needed."""

    source: str | None = None
    """Who says so; the last word of each source counts."""

    comment: str | None = None


def add_label(url: str | Path, label: Label, *, token: str | None = None, timeout_s: float = 60.0) -> None:
    """Attach a label to a run: through the collector at an http address, or into a store's folder that no collector holds.

    When this returns the label is on disk; metrics and lists show it as soon as it is applied, which in a folder is at once.
    """
    _check(label)
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        body = {name: value for name, value in asdict(label).items() if value is not None}
        try:
            HttpClient(url, token=token, timeout_s=timeout_s).post(LABELS_PATH, json.dumps(body).encode())
        except QueryError as error:
            raise LabelError(str(error)) from error
        return
    _add_to_folder(Path(url).expanduser(), label)


def _add_to_folder(folder: Path, label: Label) -> None:
    if not (folder / DATABASE).is_file():
        detail = f"Looked for {folder / DATABASE}."
        raise NoStoreError(detail)
    # A record of its own each time: a label said again after another is the last word, not a resent request.
    body = json.dumps({**asdict(label), "id": uuid.uuid4().hex}).encode()
    try:
        with Ingest(folder, settle) as ingest:
            ingest.submit(Signal.LABELS, body)
            ingest.flush()
    except StoreLockedError as error:
        raise StoreInUseError(str(error)) from error
    except CollectorError as error:
        raise LabelError(str(error)) from error


def _check(label: Label) -> None:
    if not label.run or not label.name:
        detail = "A label needs a run and a name."
        raise LabelError(detail)
    if label.value is None and label.score is None:
        detail = "A label needs a value or a score."
        raise LabelError(detail)
    if label.score is not None and not math.isfinite(label.score):
        detail = f"The score {label.score} is no number."
        raise LabelError(detail)
