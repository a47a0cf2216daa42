"""What every process counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

UNDER_WAY = Gauge("reel_requests_under_way", "Requests that are being answered")
TURNED_AWAY = Counter(
    "reel_requests_turned_away", "Requests that were not looked at any further", ["code"]
)

COMMANDS = Counter("reel_commands", "Commands by what became of them", ["log", "outcome"])
BATCH_COMMANDS = Histogram(
    "reel_batch_commands",
    "Commands in one append",
    ["log"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
CONFLICTS = Counter("reel_conflicts", "Decisions made again on fresher state", ["log"])
REACTIONS_REFUSED = Counter(
    "reel_reactions_refused", "Policies' refused commands", ["room", "code"]
)

TIMERS_FIRED = Counter("reel_timers_fired", "Timers whose command had its answer", ["room"])
TIMERS_LATE = Gauge(
    "reel_timers_late_seconds", "How long the oldest due timer has waited", ["room"]
)
TIMERS_HALTED = Gauge(
    "reel_timers_halted", "1 while no timer fires since the clock jumped", ["room"]
)

RELAY_BACKLOG = Gauge("reel_relay_backlog_events", "Events that Kafka has not confirmed", ["log"])
RELAY_AGE = Gauge("reel_relay_age_seconds", "Age of the oldest unconfirmed event", ["log"])
RELAY_SENT = Counter("reel_relay_sent_events", "Events that Kafka confirmed", ["log"])
RELAY_LOSSES = Counter("reel_relay_broker_losses", "Times that Kafka had lost data", ["log"])

ANCHOR_AGE = Gauge(
    "reel_anchor_age_seconds", "How long ago all that the logs held was last found anchored"
)
ANCHORS_REFUSED = Counter(
    "reel_anchors_refused", "Times that a log did not agree with its last anchor"
)

LAG = Gauge(
    "reel_lag_events", "Positions that may hold what is not folded yet", ["consumer", "log"]
)
ASSIGNED = Gauge(
    "reel_assigned_partitions", "Partitions that Kafka gave this process to keep", ["consumer"]
)
APPLIED = Counter("reel_applied_events", "Events folded", ["consumer", "log"])
HOLES = Counter(
    "reel_holes_filled_events", "Events taken from the log, not Kafka", ["consumer", "log"]
)
REPEATS = Counter("reel_repeated_events", "Records at or below the place", ["consumer", "log"])
STOPPED = Gauge("reel_stopped_partitions", "Partitions standing still", ["consumer", "log"])
PARKED = Gauge(
    "reel_parked_productions", "Productions of which a fact could not be folded", ["consumer"]
)
FOREIGN = Counter(
    "reel_foreign_records", "Kafka records of another make, passed over", ["consumer", "log"]
)
APPLY_EVENTS = Histogram(
    "reel_apply_events",
    "Events in one transaction",
    ["consumer"],
    buckets=(1, 5, 20, 100, 500, 2000),
)
