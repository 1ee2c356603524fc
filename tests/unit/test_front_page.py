"""README quotes the figures that were measured."""

import json

from bench.front_page import README, rewritten
from bench.report import RESULTS


def test_the_front_page_quotes_the_results() -> None:
    page = README.read_text()
    assert rewritten(page, json.loads(RESULTS.read_text())) == page, "run: python -m bench.front_page"
