"""The API under requests made from its own description: nothing breaks, every reply is as described."""

from __future__ import annotations

import pytest

from benchmarks.api_fuzz import ADMIN_KEY, fuzz
from tests.serving import serving

CASES, SEED = 600, 7


@pytest.mark.model
def test_replies_to_requests_of_all_kinds_are_as_described(built, tmp_path):
    settings = built.model_copy(update={"admin_key": ADMIN_KEY, "data_dir": tmp_path / "data"})
    with serving(settings, tmp_path / "log") as server:
        server.wait_for("ready at")
        runs = fuzz(server.address, CASES, SEED)

    assert sum(run.cases for run in runs) >= CASES
    assert [run.report for run in runs if not run.is_clean] == []
    assert "Traceback" not in (tmp_path / "log").read_text()
