"""One module, one check: `check(tree)` returns the faults it found, as lines for a person."""
