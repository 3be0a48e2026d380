"""The nouns and the numbers: settling spans into the network, and the metrics over it."""
