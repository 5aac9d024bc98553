"""What the bot counts for Prometheus, a module a subject: its metrics, and a method for each event."""
