"""One module for each part of the bench: what it measures, beside what, and what proves it."""
