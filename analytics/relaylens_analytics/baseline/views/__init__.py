"""The views of a baseline, each a way to see that a run is unlike the deployment's good ones; one file each."""

from typing import Final

from relaylens_analytics.baseline.views import figures
from relaylens_analytics.baseline.views.comparison import Comparison
from relaylens_analytics.baseline.views.deviation import deviation
from relaylens_analytics.baseline.views.grammar import argument_forms, result_forms
from relaylens_analytics.baseline.views.nearest import nearest_calls, nearest_run
from relaylens_analytics.baseline.views.relations import relations
from relaylens_analytics.baseline.views.view import View

__all__ = ["VIEWS", "Comparison", "View"]

VIEWS: Final = (
    View("run", "The run's figures, each beside its usual value.", deviation(figures.of_the_run)),
    View("nearest_run", "The run's figures beside the good runs most like it.", nearest_run),
    View("nearest_calls", "The same with each tool's calls.", nearest_calls),
    View("results", "How long each tool's results are, beside the usual.", deviation(figures.of_result_lengths)),
    View(
        "relations",
        "Whether each figure is what the others foretell.",
        relations(0.3, figures.of_any_kind),
        only_when_broken=True,
    ),
    View(
        "numbers",
        "Whether the numbers that tools gave back are what the others foretell.",
        relations(0.03, figures.of_numbers),
        only_when_broken=True,
    ),
    View("result_forms", "The form of what tools gave back.", result_forms, only_when_broken=True),
    View("argument_forms", "The form of what tools were given.", argument_forms, only_when_broken=True),
)
