"""Secrets are compared in constant time: by structure, since timing a network tells little."""

from __future__ import annotations

import ast
from pathlib import Path

import bot

SECRETS = ("token", "signature", "password", "secret", "claimed", "csrf", "digest", "app_id")
# Files where a secret meets what somebody sent.
COMPARING = (
    "admin/desk/access.py",
    "admin/keys.py",
    "store/desk_access.py",
    "store/known_keys.py",
    "store/passwords.py",
    "wechat/crypto.py",
    "wechat/envelope.py",
    "wechat/signature.py",
)


def compared_directly(path: Path) -> list[str]:
    """Comparisons by ``==`` or ``!=`` that name a secret; columns hold digests, and lengths may differ."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            text = ast.unparse(node)
            if (
                any(secret in text for secret in SECRETS)
                and ".c." not in text
                and not text.startswith("len(")
            ):
                found.append(f"{path.name}: {text}")
    return found


def test_no_secret_is_compared_byte_by_byte():
    folder = Path(bot.__file__).parent

    assert [found for name in COMPARING for found in compared_directly(folder / name)] == []


def test_whatever_compares_secrets_is_looked_at():
    """A module that begins to compare in constant time belongs on the list above."""
    folder = Path(bot.__file__).parent
    users = {path for path in folder.rglob("*.py") if "compare_digest" in path.read_text("utf-8")}

    assert {path.relative_to(folder).as_posix() for path in users} <= set(COMPARING)
