"""Snapshots: what was folded, kept to go on from, and never believed over the log."""
