"""The paper's tables as data, our count of each cell, and the paper's claims about cost."""
