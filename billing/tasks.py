from datetime import UTC, datetime

from procrastinate.contrib.django import app

from billing import batching, papers, scheduling, tax_lookups, verifying
from clients.sweeping import sweep_orphans


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="verify_figures")
def verify_figures(timestamp: int) -> None:
    verifying.verify_all(at=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="keep_papers", lock="keep_papers")
def keep_papers(timestamp: int) -> None:
    papers.keep_missing()


@app.periodic(cron="52 3 * * *")
@app.task(queueing_lock="sweep_orphaned_papers")
def sweep_orphaned_papers(timestamp: int) -> None:
    sweep_orphans(papers.FOLDER, at=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="7 5 * * *")
@app.task(queueing_lock="send_due_statements")
def send_due_statements(timestamp: int) -> None:
    scheduling.send_due(at=datetime.fromtimestamp(timestamp, UTC))


@app.task
def look_up_tax(agency_id: int, client_id: int, provider: str, attempt: int) -> None:
    tax_lookups.look_up(agency_id, client_id, provider, attempt)


@app.task
def make_batch(agency_id: int, batch_id: int) -> None:
    batching.make_batch(agency_id, batch_id)


@app.periodic(cron="22 * * * *")
@app.task(queueing_lock="forget_batches")
def forget_batches(timestamp: int) -> None:
    batching.forget_old(before=datetime.fromtimestamp(timestamp, UTC) - batching.KEPT)
