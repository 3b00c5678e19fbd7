"""The wire: what requests and responses look like, one module per domain."""
