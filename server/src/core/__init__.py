"""Technique without domain nouns: nothing here knows what a booking is."""
