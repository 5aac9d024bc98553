"""A self-hosted question-answering bot for WeChat."""

import os

# Here, before any part can load onnxruntime, which looks at it once: without it, it keeps an identifier of
# the machine and reports to its maker. This product runs offline and sends nothing about its users.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
