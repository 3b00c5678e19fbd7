"""The only place that knows HTTP: routes parse, call a service and return."""
