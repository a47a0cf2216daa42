"""People: who is calling, what he may do, and his personal fields under his own key."""
