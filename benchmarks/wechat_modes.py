"""What safe mode costs over plain mode: verify, decrypt, parse, reply, encrypt; interleaved in one run.

python -m benchmarks.wechat_modes [--pushes 4000]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time

from benchmarks.wechat_pushes import KINDS, channel, delivered, written


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=4000)
    count = parser.parse_args().pushes
    logging.disable(logging.CRITICAL)
    client = channel()
    seconds: dict[str, list[float]] = {"plain": [], "safe": []}
    for number in range(count):
        for account, times in seconds.items():
            body = written(KINDS[0], number, as_json=False)
            delivery = delivered(account, body, number, as_json=False)
            started = time.perf_counter()
            client.post(delivery.address, data=delivery.body)
            times.append(time.perf_counter() - started)
    plain, safe = (statistics.median(times) * 1e3 for times in seconds.values())
    print(f"median a push: plain {plain:.3f} ms, safe {safe:.3f} ms, difference {safe - plain:.3f} ms")


if __name__ == "__main__":
    main()
