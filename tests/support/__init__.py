"""What the tests stand on: servers, databases and the composed application."""
