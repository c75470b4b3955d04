"""The stack on one machine without Docker; every service has the shape of `service`."""
