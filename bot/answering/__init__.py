"""From a question to words: normalise, decide, compose. Knows no model, no Flask, no database."""
