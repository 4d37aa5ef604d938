"""The mail backend of an installation without a provider: every message becomes a file."""

import os
import re
import tempfile
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class EmailBackend(BaseEmailBackend):
    """Writes `.eml` files, as mail programs open them, below EMAIL_FILE_PATH.

    They carry links that open the portal, so nobody but the server's account may read them.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            # Read by contacts.sending: the log must not look as if somebody had got it.
            message.filed_as = _write(message, folder)  # type: ignore[attr-defined]
        return len(email_messages)


def _write(message: EmailMessage, folder: Path) -> str:
    """Under its name only when it is whole. The same message again takes the same name."""
    mime = message.message()
    made = parsedate_to_datetime(str(mime["Date"]))
    identity = _UNSAFE.sub("", str(mime["Message-ID"]).partition("@")[0])
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(mime.as_bytes(linesep="\r\n"))
            file.flush()
            os.fsync(file.fileno())
        name = f"{made:%Y%m%dT%H%M%S}-{identity}.eml"
        os.replace(draft, folder / name)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return name
