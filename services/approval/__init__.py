"""Who works on a production, and what may go ahead.

Streams and what never breaks in them:

- `production`, one per production: its opening, its team and its rules.
  It is opened once. From any day on, somebody is its executive producer. The bands of one
  subject's rules never overlap.
- `request`, one per approval asked for: the asking and every decision on it.
  It is about one exact version of one thing. Nobody decides on his own request, nobody counts
  twice, and only the roles of its rule count. What was decided stays decided.
"""
