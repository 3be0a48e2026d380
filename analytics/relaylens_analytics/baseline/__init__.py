"""Judging runs against the deployment's own past: what its good runs have in common, and how unlike them a run is."""
