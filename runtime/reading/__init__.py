"""Reading: consumers that keep their place, the rows they fold, and the queries on them."""
