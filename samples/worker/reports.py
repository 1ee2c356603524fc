"""A worker for jobs of the type `report.render`, as docs/how-to/own-worker.md puts it into a container."""

from leasehold_client import Reject, RunningJob, Worker

worker = Worker(concurrency=4)


@worker.task("report.render")
def render(job: RunningJob) -> dict[str, int]:
    """Draw a month's report, page by page. Payload: `{"month": "2030-01", "pages": 3}`."""
    if "month" not in job.payload:
        raise Reject("no_month", "the payload names no month")
    pages = int(job.payload.get("pages", 3))
    for page in range(pages):
        job.progress(page / pages, f"page {page + 1} of {pages}")
    return {"pages": pages}
