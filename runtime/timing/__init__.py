"""Timers: rows that a room's own facts set, fired when the database's clock has passed them."""
