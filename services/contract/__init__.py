"""Deals, from the first draft to their end.

Streams and what never breaks in them:

- `contract`, one per deal: its terms, offers, signature, performance and end.
  A counter voids the offer before it, and only the other side answers. What is signed is exactly
  what was agreed and cleared, word for word: the content hash says so. The payments add up to the
  fee. What was earned, handed over or taken up stays so, whatever an amendment says. Offers and
  options are over at their last moment, whether or not anybody has noted it.
"""
