"""Figures, not tests: each module prints ratios measured in one run; absolute times depend on the machine."""
