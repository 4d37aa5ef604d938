from datetime import UTC, datetime

from procrastinate.contrib.django import app

from contacts import minding, sending


@app.task
def deliver(agency_id: int, message_id: int) -> None:
    sending.deliver(agency_id, message_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="mind_messages")
def mind_messages(timestamp: int) -> None:
    minding.mind_messages(at=datetime.fromtimestamp(timestamp, UTC))
