"""What Prometheus is told. One registry per process; the server adds its own to the same one.

Gauges of the outbox are refreshed by every worker and say the same everywhere: take their maximum.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

registry = REGISTRY
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

jobs = Gauge(
    "aliquot_jobs",
    "Jobs in the outbox that are not settled or need a person, by topic and state.",
    ("topic", "state"),
)
oldest_due = Gauge(
    "aliquot_jobs_oldest_due_seconds",
    "For how long the oldest due job of a queue has been waiting.",
    ("queue",),
)
attempts = Counter(
    "aliquot_job_attempts_total",
    "Attempts by topic and how they ended: done, skipped, retried, failed, dead, given_back,"
    " lost, cancelled.",
    ("topic", "outcome"),
)
duration = Histogram(
    "aliquot_job_duration_seconds",
    "How long an attempt took.",
    ("topic",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
waited = Histogram(
    "aliquot_job_wait_seconds",
    "How long a job was due before a worker took it.",
    ("queue",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120, 600),
)
in_flight = Gauge("aliquot_jobs_in_flight", "Jobs this process works on now.")
hints = Counter(
    "aliquot_hints_total",
    "Hints to the queue: sent, spared (enough are waiting) or failed (the sweep repeats them).",
    ("outcome",),
)
broker_hints = Gauge("aliquot_broker_hints", "Hints waiting in the queue.", ("queue",))
lapsed = Counter("aliquot_leases_lapsed_total", "Leases that ran out because a worker was lost.")
schedule_success = Gauge(
    "aliquot_schedule_last_success_timestamp_seconds",
    "When periodic work last succeeded (Unix time).",
    ("schedule",),
)
schedule_late = Gauge(
    "aliquot_schedule_late",
    "1 while the last success is older than two intervals.",
    ("schedule",),
)


def exposition() -> bytes:
    """Everything in Prometheus' text format."""
    return generate_latest(registry)


def set_jobs(counted: Mapping[tuple[str, str], int], oldest: Mapping[str, float]) -> None:
    """Replace the gauges of the outbox; what is no longer there must not linger."""
    jobs.clear()
    for (topic, state), number in counted.items():
        jobs.labels(topic, state).set(number)
    oldest_due.clear()
    for queue, seconds in oldest.items():
        oldest_due.labels(queue).set(seconds)
