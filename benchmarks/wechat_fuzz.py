"""Mutated pushes against the WeChat channel: no error page, no exception, no reply to a forgery.

    python -m benchmarks.wechat_fuzz [--pushes 200000]

Half are mutated before they are signed and encrypted, so that they are authentic; half after it. Answering
is left out: what is measured is verifying, decrypting, parsing and replying.
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import time
from collections import Counter
from dataclasses import replace

from benchmarks.wechat_pushes import KINDS, Delivery, channel, delivered, written

_SPLICES = (
    b"]]>", b"<![CDATA[", b"&amp;", b"&#0;", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"\x00", b"\x1d",
    b"\xff\xfe",
    b"</xml>", b"<xml>", b'"', b"{", b"[" * 2000, b"\xed\xa0\x80", b"9" * 400, b"Encrypt",
    "测".encode() * 300,
)  # fmt: skip


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=200_000)
    count = parser.parse_args().pushes
    logging.disable(logging.CRITICAL)
    chance, client = random.Random(11), channel()
    outcomes: Counter[str] = Counter()
    seconds = []
    for number in range(count):
        delivery, is_authentic = _mutated(chance, number)
        started = time.perf_counter()
        response = client.post(delivery.address, data=delivery.body)
        seconds.append(time.perf_counter() - started)
        outcomes[_verdict(response.status_code, response.mimetype, is_authentic=is_authentic)] += 1
    print(f"pushes               {count}")
    for verdict, number in sorted(outcomes.items()):
        print(f"  {verdict:40}{number}")
    median, worst = statistics.median(seconds) * 1e3, max(seconds) * 1e3
    print(f"time a push          p50 {median:.2f} ms, worst {worst:.1f} ms")


def _mutated(chance: random.Random, number: int) -> tuple[Delivery, bool]:
    """A delivery and whether it is authentic; a forged one differs in what its signature covers."""
    account, as_json = chance.choice(("safe", "plain")), chance.random() < 0.5
    body = written(chance.choice(KINDS), number, as_json=as_json)
    if number % 2:
        return delivered(account, _spoilt(chance, body), number, as_json=as_json), True
    delivery = delivered(account, body, number, as_json=as_json)
    if account == "safe" and chance.random() < 0.5:
        start = delivery.body.index(b"Encrypt") + len(b"Encrypt") + 12
        at = chance.randrange(start, start + 40)
        changed = b"A" if delivery.body[at : at + 1] != b"A" else b"B"
        return replace(delivery, body=delivery.body[:at] + changed + delivery.body[at + 1 :]), False
    name = chance.choice(("msg_signature=" if account == "safe" else "signature=", "timestamp=", "nonce="))
    at = delivery.query.index(name) + len(name)
    changed = chr((ord(delivery.query[at]) + 1 - ord("0")) % 10 + ord("0"))
    return replace(delivery, query=delivery.query[:at] + changed + delivery.query[at + 1 :]), False


def _spoilt(chance: random.Random, body: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
        body = chance.choice(
            (
                body[:at] + chance.choice(_SPLICES) + body[at:],
                body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
                body[:at] + body[min(end, at + 20) :],
                body[:at] + body[at:end] * 2 + body[end:],
                body[:at] if chance.random() < 0.2 else body,
            )
        )
    return body[:60_000]


def _verdict(status: int, mimetype: str, *, is_authentic: bool) -> str:
    if status == 200 and not is_authentic:
        return "WRONG: a forgery was answered"
    if status not in (200, 403) or "problem" in mimetype:
        return f"WRONG: HTTP {status} {mimetype}"
    kind = "authentic" if is_authentic else "forged"
    return f"{kind}: {'answered or success' if status == 200 else 'refused with 403'}"


if __name__ == "__main__":
    main()
