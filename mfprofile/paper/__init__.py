"""The paper's tables as data, our count of each cell, and its claims about cost."""
