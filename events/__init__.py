"""The vocabulary: every fact that a production can record, in words a producer can read aloud.

Pure: pydantic and the standard library only, no clock, no chance, no input or output.
"""
