"""What is done to a store as a whole: copies of it, and what they are brought back with."""

from relaylens_collector.upkeep.copies import back_up, restore

__all__ = ["back_up", "restore"]
