"""Exploring: a space is a spec with choices; how many variants fit, which are extreme, fair samples, all exact."""
