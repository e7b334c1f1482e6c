"""All tests; `python3 -m tests [pytest arguments]` sets up what they need and runs them."""
