"""Networks of the paper's tables that no library builds, written from their own papers, one file for each paper."""
