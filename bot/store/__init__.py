"""What must be remembered between requests and shared between workers: the only user of SQLAlchemy."""
