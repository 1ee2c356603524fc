"""How much goes into one call of the services that take several entries at once: SQS and EventBridge, which agree."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

Entry = dict[str, Any]

ENTRIES_A_CALL: Final = 10
BYTES_A_CALL: Final = 256 * 1024


def packed(entries: Iterable[Entry], size_of: Callable[[Entry], int]) -> Iterator[list[Entry]]:
    """The entries in order, as many together as one call may carry. One that is too large goes alone, to be refused."""
    call: list[Entry] = []
    size = 0
    for entry in entries:
        more = size_of(entry)
        if call and (len(call) == ENTRIES_A_CALL or size + more >= BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += more
    if call:
        yield call
