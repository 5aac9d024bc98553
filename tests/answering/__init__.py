"""From a question to words, against a small index without a language model."""
