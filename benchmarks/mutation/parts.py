"""What is changed, and which tests look at it: all that need no real language model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """Modules in a folder of ``bot`` (all, unless named) and the tests that may notice."""

    folder: str
    tests: tuple[str, ...]
    modules: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """The modules' files, those with nothing to change left out."""
        folder = Path("bot", self.folder)
        names = self.modules or sorted(file.stem for file in folder.glob("*.py"))
        return [folder / f"{name}.py" for name in names if name != "__init__"]


# Others build whole indexes: minutes for each mutant.
_OF_THE_DECISION = (
    "decision",
    "faiss_index",
    "lexical",
    "searchable",
    "stored_texts",
    "sweep",
    "vectors",
)
_OF_THE_TRAINING = (
    "asked_questions",
    "bounded_regression",
    "built_in_decision",
    "calibration_fitting",
    "classifier_fitting",
    "cross_validation",
    "discriminant",
    "folds",
    "question_groups",
    "reliability",
    "training",
    "training_set",
)
PARTS = {
    "wechat": Part("wechat", ("tests/wechat",)),
    "channel": Part("channels/wechat", ("tests/channels/wechat",)),
    "answering": Part("answering", ("tests/answering",)),
    "decision": Part(
        "retrieval",
        tuple(f"tests/retrieval/test_{name}.py" for name in _OF_THE_DECISION),
        ("decision", "faiss_index", "keys", "lexical", "searchable", "sweep", "vectors"),
    ),
    "training": Part(
        "retrieval",
        tuple(f"tests/retrieval/test_{name}.py" for name in _OF_THE_TRAINING),
        (
            "asked_questions",
            "bounded_regression",
            "built_in_decision",
            "calibration_fitting",
            "classifier_fitting",
            "cross_validation",
            "discriminant",
            "folds",
            "reliability",
            "training",
            "training_set",
        ),
    ),
}
