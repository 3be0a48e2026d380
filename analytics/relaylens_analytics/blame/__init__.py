"""Where what is wrong with a run may have begun: suspects with their chains of evidence, and what became of each failure."""

from relaylens_analytics.blame.cascades import CONTAINED, Cascade, Fate
from relaylens_analytics.blame.forward import LaterRun, Reach, Taken, reach
from relaylens_analytics.blame.ranking import Blame, Link, Suspect, blame, suspects
from relaylens_analytics.blame.reasons import Reason
from relaylens_analytics.blame.symptoms import Symptom

__all__ = [
    "CONTAINED",
    "Blame",
    "Cascade",
    "Fate",
    "LaterRun",
    "Link",
    "Reach",
    "Reason",
    "Suspect",
    "Symptom",
    "Taken",
    "blame",
    "reach",
    "suspects",
]
