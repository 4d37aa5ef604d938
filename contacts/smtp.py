"""SMTP that remembers whether the server may have taken a message without saying so."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class _KeepsDoubt:
    """Between the message's first byte and the server's answer nobody knows who has it."""

    in_doubt = False

    def send(self, s: Any) -> None:
        # smtplib sends commands as text; only the message itself goes out as bytes.
        if isinstance(s, bytes):
            self.in_doubt = True
        super().send(s)  # type: ignore[misc]

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, words = super().data(msg)  # type: ignore[misc]
        # smtplib answers -1 for what is no reply at all.
        self.in_doubt = not 200 <= code < 600
        return code, words


class _Plain(_KeepsDoubt, smtplib.SMTP):
    pass


class _Encrypted(_KeepsDoubt, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Encrypted if self.use_ssl else _Plain

    @property
    def in_doubt(self) -> bool:
        """Whether the message last given to the server may be in its hands; ask before close()."""
        return getattr(self.connection, "in_doubt", False)
