"""How the tables came to be: one file a step, run by ``flask --app wsgi store migrate`` and on first use."""
