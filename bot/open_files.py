"""How many files, and with them connections, a process may have open at a time."""

from __future__ import annotations

import resource


def open_files(wanted: int) -> int:
    """Let this process open so many files, or as many as it may: how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
