"""Inputs that libFuzzer draws: those that lead to code of the collector that none has reached are kept, and changed again.

The collector has to be imported by `instrument_imports`, before anyone else imports it.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import atheris

with atheris.instrument_imports(include=["relaylens_collector"]):
    from tests.collector.fuzz.by_seed import choices_of
    from tests.collector.fuzz.throwing import Run

__all__ = ["Run", "throw_and_report"]

_FIRST_ONES = 1_000
"""Seeded inputs to begin with: libFuzzer knows nothing of what is worth trying."""
_LONGEST = 600
_HANG_SECONDS = 60


def throw_and_report(run: Run, inputs: int, seed: int) -> NoReturn:
    """Throw so many, report and end the process: libFuzzer does not return."""
    corpus = tempfile.TemporaryDirectory()
    first_ones = min(_FIRST_ONES, inputs // 4)
    for number in range(first_ones):
        (Path(corpus.name) / f"{number:05}").write_bytes(choices_of(seed, number))

    def one(data: bytes) -> None:
        run.throw(data, "libFuzzer")
        if run.thrown < inputs and not run.is_over:
            return
        with run:
            kept = len(os.listdir(corpus.name)) - first_ones  # noqa: PTH208 - a count
        print(f"{run.report()}\nkept because they reach more: {kept}", flush=True)
        corpus.cleanup()
        os._exit(1 if run.found else 0)

    options = [f"-seed={seed}", f"-max_len={_LONGEST}", "-len_control=0", "-verbosity=0", "-rss_limit_mb=0", f"-timeout={_HANG_SECONDS}"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus.name}/", corpus.name], one)
    atheris.Fuzz()
    raise AssertionError  # it has ended the process
