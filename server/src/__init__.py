"""Aliquot: runs a laboratory's day. See `server/docs/onboarding.md` for the way in."""

import gc

# Nearly all that is made while a process loads stays: walking through it again and again took a
# fifth of each start.
gc.set_threshold(10_000, 10, 10)
