"""The audit package: one production's history in one archive that an outsider checks alone.

`history` reads what it holds; `written`, `tables`, `proofs` and `page` write it down; `archive`
signs and seals it; `export` does all of it. `verifier` goes with it and knows nothing of Reel;
`refolding` is what only Reel can check.
"""
