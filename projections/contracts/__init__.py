"""What did we agree, with whom, and where does the deal stand?

Every deal of a production with its terms version by version, its offers and counters, its clearance
and conditions, and what came of its payments, options and deliverables.
"""
