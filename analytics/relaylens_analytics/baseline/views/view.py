"""What a view is: one way to see that a run is unlike the deployment's good ones."""

from collections.abc import Callable
from dataclasses import dataclass

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.views.comparison import Comparison


@dataclass(frozen=True, slots=True)
class View:
    """One way to compare runs with past good ones."""

    name: str
    means: str
    """One sentence on what it looks at."""

    compare: Callable[[Comparison], Floats]
    """Past good runs and runs to judge as one; one number a run to judge, greater where it is less like the past."""

    only_when_broken: bool = False
    """Whether keeping to it says nothing: a run that goes against what always held is suspicious, one that keeps to it no better."""
