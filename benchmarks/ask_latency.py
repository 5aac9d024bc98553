"""One client's ``/ask`` beside one raw model run of the same text, in one run, interleaved.

    python -m benchmarks.ask_latency [--questions 300]

Also prints how much memory a worker takes and how soon it is ready.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import onnxruntime

from benchmarks.server import PROJECT, resident_mb, serving
from bot.answering.normalising import normalise
from bot.retrieval.prepared_model import load_prepared
from bot.retrieval.tokenisation import load_tokeniser
from bot.settings import load_settings


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    count = parser.parse_args().questions
    questions = _questions()[:count]
    run_model = raw_model()
    with serving(workers=1) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        ask = _asker(connection)
        for question in questions[:20]:
            run_model(question), ask(question)
        pairs = [(_timed(run_model, q), _timed(ask, q)) for q in questions]
        memory = resident_mb(server.worker_pids()[0])
    model, asked = ([pair[i] * 1000 for pair in pairs] for i in (0, 1))
    print(f"questions                {len(questions)}")
    print(f"raw ONNX run, p50 / p99  {_p(model, 50):.2f} / {_p(model, 99):.2f} ms")
    print(f"/ask, p50 / p99          {_p(asked, 50):.2f} / {_p(asked, 99):.2f} ms")
    print(f"ratio of the medians     {_p(asked, 50) / _p(model, 50):.2f}")
    print(f"worker memory            {memory:.0f} MB")
    print(f"ready after              {server.ready_after:.1f} s")


def raw_model() -> Callable[[str], object]:
    """A function that does nothing but one ONNX session run of the text."""
    settings = load_settings()
    model = load_prepared(settings.cache_dir, settings.model)
    tokenise = load_tokeniser(model.folder, model.manifest.max_tokens)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model.graph), options)

    def run(text: str) -> object:
        query = model.manifest.prompts["query"] + normalise(text).text
        ids = np.array([tokenise(query)], np.int64)
        return session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})

    return run


def _questions() -> list[str]:
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _asker(connection: http.client.HTTPConnection) -> Callable[[str], object]:
    def ask(question: str) -> object:
        body = json.dumps({"question": question}).encode()
        connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
        return connection.getresponse().read()

    return ask


def _timed(function: Callable[[str], object], text: str) -> float:
    started = time.perf_counter()
    function(text)
    return time.perf_counter() - started


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    main()
