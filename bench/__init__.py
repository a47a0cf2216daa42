"""Figures beside a yardstick on the same server in one run, and a recount that can void them."""
