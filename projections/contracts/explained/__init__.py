"""How the figures and dates of deals come about: of their terms, and of what the budget commits."""
