from datetime import UTC, datetime

from procrastinate.contrib.django import app

from clients import purging, sweeping


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="discard_removed_clients")
def discard_removed_clients(timestamp: int) -> None:
    purging.discard_overdue(at=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="sweep_orphaned_files")
def sweep_orphaned_files(timestamp: int) -> None:
    sweeping.sweep_orphans(at=datetime.fromtimestamp(timestamp, UTC))
