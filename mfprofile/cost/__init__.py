"""The arithmetic, written once: the cost of each op of a network, and the bill that sums the costs."""

from mfprofile.cost.bill import Bill, count

__all__ = ["Bill", "count"]
