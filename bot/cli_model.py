"""The operator's model commands: prepare it, tune it to the knowledge base, choose which form is used."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from bot.cli_output import plain_errors, progress_bar
from bot.errors import IndexUnusableError, ModelError
from bot.operations import Operations
from bot.retrieval.prepared_model import ModelManifest, PreparedModel, remedy
from bot.retrieval.versions import VersionStore

if TYPE_CHECKING:
    from bot.retrieval.tuning import TuningResult

_MEBIBYTE = 2**20
_BUILD = "run: flask --app wsgi index build"
_MEANINGS = {
    "hit_at_1": "held-out phrasings whose entry comes first",
    "coverage": "held-out phrasings answered where {:.0%} of the background is",
    "auroc": "a held-out phrasing is trusted more than a background question",
}


def model_commands(operations: Operations) -> AppGroup:
    """``flask --app wsgi model …``."""
    group = AppGroup("model", help="Prepare the language model, or tune it to the knowledge base.")
    _add_prepare(group, operations)
    _add_tune(group, operations)
    _add_list(group, operations)
    _add_use(group, operations)
    return group


def _add_prepare(group: AppGroup, operations: Operations) -> None:
    @group.command("prepare")
    @plain_errors
    def prepare() -> None:
        """Make the model's fast form once; nothing to do if it is there and whole."""
        with progress_bar() as progress:
            prepared = operations.prepare_model(progress)
        manifest = prepared.manifest
        click.echo(f"model {manifest.model} is ready in {prepared.folder}")
        click.echo(f"cosine to the original: {manifest.fidelity:.4f} at worst")


def _add_tune(group: AppGroup, operations: Operations) -> None:
    @group.command("tune")
    @click.option(
        "--learning-rate",
        type=click.FloatRange(0, 1, min_open=True),
        default=3e-5,
        show_default=True,
        help="Larger changes the model more; another BOT_MODEL may want another one.",
    )
    @plain_errors
    def tune(learning_rate: float) -> None:
        """Adapt the model to the knowledge base's phrasings; used from then on only if it gains."""
        started = time.monotonic()
        with progress_bar() as progress:
            result = operations.tune_model(progress, learning_rate)
        _report_tuning(result, operations.settings.false_answer_rate)
        seconds = time.monotonic() - started
        if result.adopted:
            click.echo(f"{result.adopted.name} is used from the next build on ({seconds:.0f} s); {_BUILD}")
        else:
            click.echo(f"no clear gain: nothing was changed or kept ({seconds:.0f} s)")


def _report_tuning(result: TuningResult, false_answer_rate: float) -> None:
    click.echo("before   after")
    for name, meaning in _MEANINGS.items():
        before, after = getattr(result.before, name), getattr(result.after, name)
        click.echo(f"{before:6.1%}  {after:6.1%}  {meaning.format(false_answer_rate)}")


def _add_list(group: AppGroup, operations: Operations) -> None:
    @group.command("list")
    @plain_errors
    def list_forms() -> None:
        """List the model's forms: which is in use (*), its gain, and the indexes built with it."""
        forms, store = operations.models(), operations.store
        in_use, indexes = store.model_in_use(), store.versions_by_model()
        for prepared in forms:
            mark = "*" if prepared.name == in_use else " "
            click.echo(f"{mark} {prepared.name:21} {_size(prepared):4.0f} MiB  {_gain(prepared.manifest)}")
            click.echo(f"    folder {prepared.folder}")
            for version in indexes.get(prepared.manifest.checksum, []):
                click.echo(f"    index {version}{' (live)' if version == _live(store) else ''}")
        if in_use not in [prepared.name for prepared in forms]:
            raise ModelError(
                "%(in_use)s is in use but not there; %(remedy)s", in_use=in_use, remedy=remedy(in_use)
            )


def _size(prepared: PreparedModel) -> float:
    return sum(path.stat().st_size for path in prepared.folder.iterdir()) / _MEBIBYTE


def _gain(manifest: ModelManifest) -> str:
    if not manifest.tuning:
        return ""
    before, after = manifest.tuning["before"], manifest.tuning["after"]
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.1%} → {after[name]:.1%}" for name, value in before.items()
    )


def _live(store: VersionStore) -> str:
    with suppress(IndexUnusableError):
        return store.current()
    return ""


def _add_use(group: AppGroup, operations: Operations) -> None:
    @group.command("use")
    @click.argument("name")
    @plain_errors
    def use(name: str) -> None:
        """Build with the form NAME from now on: original, or one that `model list` shows."""
        operations.use_model(name)
        click.echo(f"{name} is used from the next build on; {_BUILD}")
