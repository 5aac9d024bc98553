"""What passes for an address of WeChat's API; settings are checked with it before anything is sent."""

from __future__ import annotations

import re

OFFICIAL_API = "https://api.weixin.qq.com"
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
_ADDRESS = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:/[\w./~-]*)?", re.ASCII)


def is_api_address(text: str) -> bool:
    """Whether calls can go there: a web address, with a port or a path at most."""
    return _ADDRESS.fullmatch(text) is not None
