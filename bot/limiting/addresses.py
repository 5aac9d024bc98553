"""Who counts as one caller by address: an IPv4 address, or the /64 that an IPv6 connection gets."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

_IPV6_PREFIX = 64
# Some proxies add the port: 192.0.2.7:4711, [2001:db8::7]:4711.
_WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")


# This machine itself, as callers are named.
LOCAL = ("127.0.0.1", "::/64")


@lru_cache(maxsize=4096)
def caller_at(address: str) -> str:
    """The name of who calls from an address; of what is no address, the text itself."""
    if found := _WITH_PORT.fullmatch(address):
        address = found[1] or found[2]
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(IPv6Network((known, _IPV6_PREFIX), strict=False))
