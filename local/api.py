"""Whether the stack's API answers: `make up` returns when it does."""

import time
import urllib.error
import urllib.request

from local.settings import Trouble

_WAIT_SECONDS = 15
_ANSWER_SECONDS = 30  # a function's first start, on a busy machine


def wait(api_url: str, seconds: float = _WAIT_SECONDS) -> None:
    """Return when the API answers. Raises Trouble, with what it says instead."""
    give_up_at = time.monotonic() + seconds
    while problem := _problem(api_url):
        if time.monotonic() >= give_up_at:
            raise Trouble(f"the stack is deployed, but its API does not work; it says: {problem}")
        time.sleep(0.2)


def _problem(api_url: str) -> str | None:
    """What is wrong with the API, or None."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{api_url}/health", timeout=_ANSWER_SECONDS):
            return None
    except urllib.error.HTTPError as answer:
        return f"{answer.code} {answer.read().decode(errors='replace')}"
    except OSError as fault:
        return str(fault)
