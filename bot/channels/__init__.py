"""The ways in: Flask blueprints that translate in, call the answerer and translate out."""
