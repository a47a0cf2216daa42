"""What an auditor asks of an installation, and what he is given."""
