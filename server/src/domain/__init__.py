"""The laboratory's nouns, rules and use cases. Knows no FastAPI, no Huey, no Redis."""
