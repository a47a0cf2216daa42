"""What the facts of each log change; together they are the timeline's one fold."""
