"""Finds every template of what the program says of itself: errors, lint, reports, stages of a rebuild."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import bot

PACKAGE = Path(bot.__file__).parent
# Calls with a template; the errors are found by what they derive from.
SAYING = ("Sentence", "_warning", "self._report", "progress", "self._progress")
# What WeChat's API answers is told as it is, and followed by a remedy that is a text of the error's class.
_TOLD_AS_IT_IS = "ApiError"
_PLACEHOLDER = re.compile(r"%\(\w+\)(?:s|\.\d+f)")


def templates() -> dict[str, str]:
    """Every template that has words of its own, and where it is."""
    found = {text: place for place, call, module in _calls() for text in _texts(call, module)}
    found |= {text: "bot/wechat/errors.py" for module in _modules().values() for text in _remedies(module)}
    return {text: place for text, place in found.items() if has_words(text)}


def has_words(template: str) -> bool:
    """Whether anything is left to translate beside the values."""
    return any(char.isalpha() for char in _PLACEHOLDER.sub("", template))


def filled_in_too_early() -> list[str]:
    """Calls whose text is made before it is known as a template: nobody could translate it."""
    return [
        place
        for place, call, _ in _calls()
        if any(isinstance(node, ast.JoinedStr) for part in call.args[:2] for node in _choices(part))
    ]


@cache
def _modules() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(PACKAGE.parent)): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def _derived(name: str) -> set[str]:
    """The names of a class and of all that derive from it."""
    classes = [
        node for module in _modules().values() for node in ast.walk(module) if isinstance(node, ast.ClassDef)
    ]
    names, before = {name}, 0
    while len(names) != before:
        before = len(names)
        names |= {one.name for one in classes if any(ast.unparse(parent) in names for parent in one.bases)}
    return names


def _calls() -> Iterator[tuple[str, ast.Call, ast.Module]]:
    names = {*SAYING} | _derived("BotError") - _derived(_TOLD_AS_IT_IS)
    for path, module in _modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                yield f"{path}:{node.lineno}", node, module


def _texts(call: ast.Call, module: ast.Module) -> Iterator[str]:
    for part in call.args[:2]:
        yield from _constants(part, module)


def _constants(part: ast.expr, module: ast.Module) -> Iterator[str]:
    """Texts that the expression may stand for: written there, or under a name of the module."""
    for node in _choices(part):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            for value in _assigned(node.id, module):
                yield from _constants(value, module)


def _choices(part: ast.expr) -> Iterable[ast.expr]:
    """The expressions of which this one is one."""
    if isinstance(part, ast.IfExp):
        return [*_choices(part.body), *_choices(part.orelse)]
    if isinstance(part, ast.Dict):
        return part.values
    if isinstance(part, ast.Subscript):
        return [part.value]
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "get":
        return [part.func.value, *part.args[1:]]
    return [part]


def _assigned(name: str, module: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets):
            yield node.value
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            rows = [row.elts for row in node.iter.elts if isinstance(row, ast.Tuple)]
            if name in ast.unparse(node.target):
                yield from (row[0] for row in rows)


def _remedies(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [ast.unparse(one) for one in targets] == ["remedy"]:
                yield str(node.value.value)
