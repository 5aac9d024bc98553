"""What is remembered between requests and shared between workers, on SQLite."""
