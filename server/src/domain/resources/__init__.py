"""What can be booked, by which rules, and the calendar of holds."""
