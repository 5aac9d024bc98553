"""Coverage-guided fuzzing of what reads others' words: pushes, knowledge, tables, questions, manifests."""
