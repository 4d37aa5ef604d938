from datetime import UTC, datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from agencies.models import Agency
from agencies.sealing import unseal
from portal import sessions, signing_in, tries


@app.task
def mail_sign_in(agency_id: int, sealed: str, asker_digest: str) -> None:
    address = unseal(sealed.encode()).decode()
    agency = Agency.objects.get(pk=agency_id)
    signing_in.send(address, agency=agency, asker_digest=asker_digest, at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="forget_portal_visits")
def forget_portal_visits(timestamp: int) -> None:
    now = datetime.fromtimestamp(timestamp, UTC)
    signing_in.forget_old(before=now - timedelta(days=1))
    tries.forget_old(before=now - timedelta(days=1))
    sessions.forget_old(before=now - sessions.LONGEST)
