"""A support team of agents and a project team, with a scripted model: a network to look at, and the truth about each of its runs."""
