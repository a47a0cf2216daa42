"""Papers: files of the repository that follow from the rooms, and so are made, never written.

`make generate` writes them; `python -m runtime.papers --check` and a test say which of them differ
from what the rooms say now. One file here for each paper: its `papers()` answers text by path.
"""
