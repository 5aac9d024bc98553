"""Train ChatterBot with every phrasing and its answer, a conversation of two each."""

from __future__ import annotations

import json

from chatterbot.trainers import ListTrainer

from benchmarks.peers.chatterbot_flask.bot import FOLDER, chatterbot


def main() -> None:
    """Write ``chatterbot.sqlite3``."""
    (FOLDER / "chatterbot.sqlite3").unlink(missing_ok=True)
    trainer = ListTrainer(chatterbot(), show_training_progress=False)
    for line in (FOLDER / "knowledge.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        trainer.train([row["phrasing"], row["answer"]])


if __name__ == "__main__":
    main()
