"""Relaylens beside other servers of agent traces, each in an environment of its own."""
