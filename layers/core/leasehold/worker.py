"""Who works: the worker id that a worker gives itself."""

import re

from leasehold.errors import Invalid

_WORKER_ID = re.compile(r"[A-Za-z0-9._:-]{5,128}")


def checked_worker_id(worker_id: str | None) -> str:
    """The worker id, or Invalid when it is missing or not 5 to 128 of `A-Z a-z 0-9 . _ : -`."""
    if worker_id is None or not _WORKER_ID.fullmatch(worker_id):
        said = "is missing" if not worker_id else "is not valid"
        raise Invalid(
            f"the header X-Worker-Id {said}: name your worker with 5 to 128 of A-Z a-z 0-9 . _ : -",
            details=[{"field": "X-Worker-Id", "message": "5 to 128 of A-Z a-z 0-9 . _ : -"}],
        )
    return worker_id
