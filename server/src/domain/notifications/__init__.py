"""What people are told, and over which channel."""
