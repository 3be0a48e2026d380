"""Measuring the baseline on labelled runs, by the protocol that `protocol` describes."""
