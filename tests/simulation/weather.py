"""What goes wrong in a run, and how often: drawn by its seed, and counted where it hits."""

import random
from collections import Counter

CHANCES = {
    "a request is lost": 0.03,
    "an answer is lost": 0.03,
    "a deadlock": 0.02,
    "a long wait": 0.01,
    "a wake-up is lost": 0.3,
    "a send is refused": 0.02,
    "a send is acknowledged late": 0.02,
    "an acknowledgement is lost": 0.02,
    "a send is taken twice": 0.04,
    "records come twice": 0.1,
    "records come in disorder": 0.1,
    "a record does not come": 0.05,
    "two at one partition": 0.3,
    "nobody at a partition": 0.1,
}
"""What may happen to one message, and how often at most."""

DISASTERS = (
    "a machine dies",
    "a machine dies and comes back at once",
    "a machine is paused",
    "the database dies",
    "the broker is away",
    "the database's clock jumps",
    "partitions are given anew",
    "a topic is wiped",
    "a topic's tail is lost",
    "what is parked is tried again",
)
"""What may happen to all of it at once."""

TRIP_SECONDS = 0.0008
SLOW_TIMES = (1, 1, 1, 1, 10, 100)
LONG_SECONDS_MAX = 8.0


class Weather:
    """The faults of one run: some kinds of them, each at a rate of its own."""

    def __init__(self, chance: random.Random) -> None:
        self.hits: Counter[str] = Counter()
        self._chance = chance
        self._rates = {
            name: rate * chance.choice((0.3, 1.0)) if chance.random() < 0.4 else 0.0
            for name, rate in CHANCES.items()
        }
        self.disasters = [name for name in DISASTERS if chance.random() < 0.4]
        self._slow = chance.choice(SLOW_TIMES)

    def clears(self) -> None:
        """From now on nothing goes wrong any more."""
        self._rates = dict.fromkeys(CHANCES, 0.0)
        self.disasters = []
        self._slow = 1

    def strikes(self, name: str) -> bool:
        """Whether this goes wrong now."""
        rate = self._rates[name]
        if rate and self._chance.random() < rate:
            self.hits[name] += 1
            return True
        return False

    def trip(self) -> float:
        """How many seconds a message is on its way."""
        seconds = TRIP_SECONDS * self._slow * (0.2 + self._chance.random())
        if self.strikes("a long wait"):
            seconds += self._chance.uniform(0.2, LONG_SECONDS_MAX)
        return seconds

    @property
    def may_lose_topics(self) -> bool:
        """Whether the broker forgets what it had confirmed."""
        return bool(self.hits["a topic is wiped"] or self.hits["a topic's tail is lost"])
