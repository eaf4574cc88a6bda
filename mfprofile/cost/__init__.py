"""The one arithmetic: what each op of a network costs, and the bill that they sum to."""

from mfprofile.cost.bill import Bill, count

__all__ = ["Bill", "count"]
