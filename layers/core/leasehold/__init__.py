"""Leasehold: a job queue whose jobs are leased, never given away.

The modules of this package read from the inside out:

- `job`, `order`, `lease`, `backoff`, `registry`, `access`, `worker` say what things are and know no AWS and no HTTP;
- `store` makes every transition of a job as one conditional write; `asset_store` and `token_store` keep the rest;
- `jobs` is the service that a handler calls: registry, clock, randomness and store in one place;
- `overview` looks over many jobs: `listing` has them in pages, `counts` counts them;
- `follow_ups` says what follows from a change, `outbox` and `sweeper` do it, `queue` and `packing` carry it;
- `http` is the edge.
"""
