from django.utils import timezone
from procrastinate.contrib.django import app

from agencies.models import Agency
from portal import signing_in


@app.task
def mail_sign_in(agency_id: int, address: str, asker_digest: str) -> None:
    agency = Agency.objects.get(pk=agency_id)
    signing_in.send(address, agency=agency, asker_digest=asker_digest, at=timezone.now())
