"""Backup and restore: the logs and what their services heard, the vault apart, and what follows."""
