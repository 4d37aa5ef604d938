from datetime import UTC, datetime, timedelta

from procrastinate import JobContext
from procrastinate.contrib.django import app

from agencies import answers, delivering, events, limits, rescuing, webhooks


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="rescue_stalled_jobs", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    await rescuing.rescue_stalled(context.app)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_rate_windows")
def forget_rate_windows(timestamp: int) -> None:
    limits.forget_old_windows(before_minute=timestamp // 60 - 60)


@app.periodic(cron="27 * * * *")
@app.task(queueing_lock="forget_stored_answers")
def forget_stored_answers(timestamp: int) -> None:
    answers.forget_old(before=datetime.fromtimestamp(timestamp, UTC) - timedelta(hours=24))


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="forget_events")
def forget_events(timestamp: int) -> None:
    events.forget_old(before=datetime.fromtimestamp(timestamp, UTC) - events.KEPT)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="wake_webhooks")
def wake_webhooks(timestamp: int) -> None:
    delivering.wake_all(at=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="57 3 * * *")
@app.task(queueing_lock="forget_webhook_deliveries")
def forget_webhook_deliveries(timestamp: int) -> None:
    webhooks.forget_old(before=datetime.fromtimestamp(timestamp, UTC) - webhooks.KEPT)
