"""The outbox topics of bookings."""

from __future__ import annotations

from src.core import outbox

# Whoever may decide is looked up when they are told, not while somebody waits for the answer.
REQUESTED = outbox.topic("bookings.requested", queue="notifications", time_limit=60.0)
# What people hear of a new booking is written by the worker: whoever books waits for less.
MADE = outbox.topic("bookings.made", queue="notifications", time_limit=60.0)
