from datetime import UTC, datetime

from procrastinate.contrib.django import app

from clients import purging


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="discard_removed_clients")
def discard_removed_clients(timestamp: int) -> None:
    purging.discard_overdue(at=datetime.fromtimestamp(timestamp, UTC))
