"""Other servers that the bot is measured against, each as its own documentation writes it.

Each has an environment of its own, and finds in the folder that ``BENCH_FOLDER`` names
``knowledge.jsonl`` (lines with ``entry``, ``phrasing`` and ``answer``) and ``model`` (multilingual-e5-small
in sentence-transformers form). What its ``prepare`` writes lies there too.
"""
