"""How the dates and figures of the timeline come about, down to what was planned and moved."""
