"""Which of a run's figures a view looks at."""

from collections.abc import Callable

import numpy as np

from relaylens_analytics.baseline.profiles import OF_A_TOOL, Floats, Profiles


def over(compare: Callable[[Floats, Floats], Floats], chosen: Callable[[str], bool]) -> Callable[[Profiles, Profiles], Floats]:
    """A comparison of the figures whose names are chosen; all runs are alike where there is none."""

    def compared(past: Profiles, runs: Profiles) -> Floats:
        wanted = [chosen(name) for name in past.names]
        return compare(past.columns(wanted), runs.columns(wanted)) if any(wanted) else np.zeros(len(runs))

    return compared


def of_any_kind(_: str) -> bool:
    """Every figure."""
    return True


def of_the_run(name: str) -> bool:
    """Figures of the run as a whole."""
    return OF_A_TOOL not in name


def of_the_run_and_calls(name: str) -> bool:
    """Figures of the run, and how often each tool was called with results of which length."""
    return of_the_run(name) or name.startswith(("calls of", "result length of"))


def of_result_lengths(name: str) -> bool:
    """How long each tool's results are."""
    return name.startswith("result length of")


def of_numbers(name: str) -> bool:
    """What each tool's short results say as numbers, and how often it was called."""
    return name.startswith(("result number of", "last result number of", "calls of"))
