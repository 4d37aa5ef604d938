from datetime import UTC, datetime, timedelta

from procrastinate.contrib.django import app

from agencies import answers, events, limits


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
