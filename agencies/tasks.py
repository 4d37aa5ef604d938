from procrastinate.contrib.django import app

from agencies.limits import forget_old_windows


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_old_windows")
def forget_rate_windows(timestamp: int) -> None:
    forget_old_windows(before_minute=timestamp // 60 - 60)
