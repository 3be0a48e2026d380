"""Signed anchors: who held which record when, in lines that only the holder of the key can write, for people who have no access."""

from relaylens_collector.anchors.keeping import Anchoring, Keeper
from relaylens_collector.anchors.lines import Event, Reach, SignedAnchor

__all__ = ["Anchoring", "Event", "Keeper", "Reach", "SignedAnchor"]
