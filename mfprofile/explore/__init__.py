"""Query spaces, which are specs with choices: count the variants that fit, find the extreme ones, draw fair samples."""
