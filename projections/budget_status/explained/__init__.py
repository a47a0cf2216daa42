"""How the figures of budget status are made: of one another, and at last of accounts and lines."""
