"""The log: the one place where facts become permanent, in PostgreSQL or in memory."""
