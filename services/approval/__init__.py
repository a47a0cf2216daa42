"""Who works on a production, what may go ahead, and what test audiences said.

Streams and what never breaks in them:

- `production`, one per production: its opening, its team, its rules and its delegations.
  It is opened once. From any day on, somebody is its executive producer. The bands of one
  subject's rules never overlap.
- `request`, one per approval asked for: the asking, every view and every decision on it.
  It is about one exact version of one thing. Its steps are decided one after the other. Nobody
  decides on his own request, nobody counts twice, he and his delegate neither, and only the roles
  of its rule count. What was decided stays decided.
- `screening`, one per test screening: the cut, its scores, and what follows from them.
  It is about one exact cut. What was decided stays decided, on the cards of that moment.
- `person`, one per person who was erased, on the house: the keys that were given up.
  A key is given up once, and what it sealed never opens again.
"""
