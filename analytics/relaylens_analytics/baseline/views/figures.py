"""Which of a run's figures a view looks at."""

from relaylens_analytics.baseline.profiles import OF_A_TOOL


def of_any_kind(_: str) -> bool:
    """Every figure."""
    return True


def of_the_run(name: str) -> bool:
    """Figures of the run as a whole."""
    return OF_A_TOOL not in name


def of_calls(name: str) -> bool:
    """How often each tool was called with results of which length."""
    return name.startswith(("calls of", "result length of"))


def of_result_lengths(name: str) -> bool:
    """How long each tool's results are."""
    return name.startswith("result length of")


def of_numbers(name: str) -> bool:
    """What each tool's short results say as numbers, and how often it was called."""
    return name.startswith(("result number of", "last result number of", "calls of"))
