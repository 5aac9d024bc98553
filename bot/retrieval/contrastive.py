"""Adapts an encoder to a knowledge base's phrasings: few steps, then half of the way back.

A step draws entries and two phrasings of each, and pulls the two together and away from all others of the
step (supervised contrastive loss). Averaging the weights with the original ones keeps what the encoder
knew about everything else (WiSE-FT); more steps or no averaging make it surer of itself, not better. The
background stays out of it: pushed away from unrelated questions, it takes all related ones for its own.
Imported only while a model is tuned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

from bot.ports import Progress
from bot.retrieval.prepared_model import prompts_by_role

_PHRASINGS = 2  # of an entry in a step
# Questions embedded together: they are padded to the longest, and padding costs as much as words.
_TOGETHER = 8
Asked = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Recipe:
    """How far and how fast; ``share`` is that of the tuned weights in the average."""

    steps: int = 40
    entries: int = 16
    temperature: float = 0.07
    learning_rate: float = 3e-5
    share: float = 0.5
    seed: int = 0


def tune(model: SentenceTransformer, asked: Asked, recipe: Recipe, progress: Progress) -> None:
    """Change the model's weights in place, the word embeddings aside; the same on every run.

    ``asked``: the phrasings of each entry, at least two.
    """
    _freeze_word_embeddings(model)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    original = [weight.detach().clone() for weight in weights]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        _train(model, weights, _draws(asked, recipe), recipe, progress)
    with torch.no_grad():
        for weight, old in zip(weights, original, strict=True):
            weight.lerp_(old, 1 - recipe.share)


def _freeze_word_embeddings(model: SentenceTransformer) -> None:
    """Most of a multilingual model's weights: few words of theirs ever occur here."""
    transformer: Any = model[0]
    transformer.auto_model.get_input_embeddings().weight.requires_grad_(False)


def _draws(asked: Asked, recipe: Recipe) -> Iterator[list[str]]:
    """For each step the questions, those of an entry side by side."""
    chance = Random(recipe.seed)  # noqa: S311 - a sample, not a secret  # nosec B311
    while True:
        entries = chance.sample(asked, min(recipe.entries, len(asked)))
        yield [text for phrasings in entries for text in chance.sample(phrasings, _PHRASINGS)]


def _train(
    model: SentenceTransformer,
    weights: list[nn.Parameter],
    draws: Iterator[list[str]],
    recipe: Recipe,
    progress: Progress,
) -> None:
    optimiser = torch.optim.AdamW(weights, lr=recipe.learning_rate)
    prompt = prompts_by_role(model.prompts)["query"]
    model.train()
    for step, texts in enumerate(islice(draws, recipe.steps)):
        progress("tuning", step, recipe.steps)
        loss = _contrastive_loss(_embed(model, texts, prompt), recipe.temperature)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    model.eval()
    progress("tuning", recipe.steps, recipe.steps)


def _embed(model: SentenceTransformer, texts: list[str], prompt: str) -> Tensor:
    """(texts, dimensions), in their order; those of about the same length are embedded together."""
    order = sorted(range(len(texts)), key=lambda number: len(texts[number].encode()))
    parts = [order[start : start + _TOGETHER] for start in range(0, len(order), _TOGETHER)]
    features = [model.preprocess([texts[number] for number in part], prompt=prompt) for part in parts]
    vectors = torch.cat([model(part)["sentence_embedding"] for part in features])
    return vectors[torch.tensor(order).argsort()]


def _contrastive_loss(vectors: Tensor, temperature: float) -> Tensor:
    """How hard it is to tell a question's twin from all the rest; twins stand side by side."""
    unit = nn.functional.normalize(vectors, dim=1)
    similarities = unit @ unit.T / temperature
    similarities.fill_diagonal_(float("-inf"))
    twins = torch.arange(len(unit)) ^ 1
    return nn.functional.cross_entropy(similarities, twins)
