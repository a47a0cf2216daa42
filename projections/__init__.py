"""Answers. One room per question that a person asks; a folder here is a projection."""
