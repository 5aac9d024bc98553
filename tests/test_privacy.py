"""Nothing of what the bot runs on reports to anybody."""

from __future__ import annotations

import os
import subprocess
import sys


def test_the_model_runtime_keeps_no_identifier_and_queues_no_report(tmp_path):
    """Unless told otherwise, onnxruntime keeps a device id and events to send in the home folder."""
    code = "import bot.retrieval.onnx_embedder, onnxruntime; onnxruntime.get_available_providers()"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True, timeout=60
    )

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
