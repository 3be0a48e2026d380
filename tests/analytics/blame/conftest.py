"""A store with what some programs did, read as everybody reads it."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import relaylens
from relaylens.testing import recording
from relaylens_analytics import Reader, open_store
from relaylens_analytics.labels import Label
from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

Story = Callable[[relaylens.Run], None]
"""What happens in a run."""


@contextmanager
def told(folder: Path, stories: Iterable[Story], labels: Iterable[Label] = ()) -> Iterator[Reader]:
    """Let each story happen in a run of its name, with Relaylens' own API, and open the store that their spans make."""
    with recording(service="support", frameworks=False) as recorded:
        for story in stories:
            with relaylens.run("story", run_id=story.__name__) as run:
                story(run)
        body = encode_spans(recorded.spans).SerializeToString()
    with Ingest(folder, settle) as ingest:
        ingest.submit(Signal.TRACES, body)
        for number, label in enumerate(labels):
            ingest.submit(Signal.LABELS, json.dumps({**asdict(label), "id": str(number)}).encode())
        ingest.flush()
    with open_store(folder) as reader:
        yield reader


def turn(agent: str, given: object, said: object, *, version: str | None = None) -> None:
    """One turn of an agent."""
    with relaylens.agent(agent, version=version) as step:
        step.input(given)
        step.output(said)
