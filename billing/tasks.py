from datetime import UTC, datetime

from procrastinate.contrib.django import app

from billing import verifying


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="verify_figures")
def verify_figures(timestamp: int) -> None:
    verifying.verify_all(at=datetime.fromtimestamp(timestamp, UTC))
