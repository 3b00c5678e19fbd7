"""Aliquot: runs a laboratory's day. See `server/docs/onboarding.md` for the way in."""
