"""Versions of read models: which there are, who reads which, and how a new one is filled."""
