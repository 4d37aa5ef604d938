from datetime import UTC, datetime

from procrastinate.contrib.django import app

from billing import scheduling, verifying


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="verify_figures")
def verify_figures(timestamp: int) -> None:
    verifying.verify_all(at=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="7 5 * * *")
@app.task(queueing_lock="send_due_statements")
def send_due_statements(timestamp: int) -> None:
    scheduling.send_due(at=datetime.fromtimestamp(timestamp, UTC))
