"""Throws many inputs at the collector: `python -m tests.collector.fuzz --inputs 1000000`; writes what came of it."""

import argparse
import importlib.util
import math
import os
import sys

_NO_ATHERIS = "The driver atheris is not installed: it is among the development tools (`make setup`), for Python below 3.14 on Linux."


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", choices=("seed", "hypothesis", "atheris"), default="seed")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--first", type=int, default=0, help="number of the first input of a seed")
    parser.add_argument("--seconds", type=float, default=math.inf, help="end after so many, whatever is left")
    parser.add_argument("--grpc", action="store_true", help="only inputs for the gRPC port")
    parser.add_argument("--replay", metavar="HEX", help="throw the one input of these bytes")
    given = parser.parse_args()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # a line for every broken frame
    # The collector is imported after this line only: libFuzzer sees what is imported under its eyes.
    if given.driver == "atheris":
        if importlib.util.find_spec("atheris") is None:
            sys.exit(_NO_ATHERIS)
        from tests.collector.fuzz import by_coverage  # noqa: PLC0415

        by_coverage.throw_and_report(by_coverage.Run(_tell, over_grpc=given.grpc, seconds=given.seconds), given.inputs, given.seed)
    from tests.collector.fuzz import by_hypothesis, by_seed  # noqa: PLC0415
    from tests.collector.fuzz.throwing import Run  # noqa: PLC0415

    with Run(_tell, over_grpc=given.grpc, seconds=given.seconds) as run:
        if given.replay is not None:
            run.throw(bytes.fromhex(given.replay))
        elif given.driver == "hypothesis":
            by_hypothesis.throw_all(run, given.inputs, given.seed)
        else:
            by_seed.throw_all(run, range(given.first, given.first + given.inputs), given.seed)
    print(run.report())
    return 1 if run.found else 0


if __name__ == "__main__":
    sys.exit(main())
