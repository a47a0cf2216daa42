"""Decisions. One room per service; a folder here with an `api.py` is a service, nothing else is."""
