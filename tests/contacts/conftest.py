"""People to write to, and a mail server that can be told how to fail."""

import asyncio
from email import message_from_bytes
from email.policy import default
from threading import Event

import pytest
from aiosmtpd.controller import Controller

from agencies.scope import acting_for
from contacts.enrolling import Person, enroll


@pytest.fixture
def person(north):
    """Birgit, at a client of North."""
    with acting_for(north.agency_id):
        people = [Person(first_name="Birgit", last_name="Berg", email="birgit@birch.example")]
        return enroll(north.agency, by=north, name="Birch", people=people).contacts.get()


class Post:
    """What a mail server does with a message: a reply, or one of the ways to fail below."""

    HANG_UP, SAY_NOTHING, NONSENSE = "hang up", "say nothing", "what?"

    def __init__(self):
        self.received = []
        self.to_sender = self.to_recipient = self.to_message = "250 OK"
        self.silence = asyncio.Event()
        # Set once the bytes of a message are here.
        self.given = Event()

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server, session, envelope):
        self.received.append(envelope)
        self.given.set()
        if self.to_message == self.HANG_UP:
            server.transport.abort()
        if self.to_message == self.SAY_NOTHING:
            await self.silence.wait()
        return self.to_message

    def letters(self):
        return [message_from_bytes(one.content, policy=default) for one in self.received]


class _Controller(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post(settings):
    """A real SMTP server; `received` has every message whose bytes it was given."""
    post = Post()
    controller = _Controller(post, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "contacts.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 1
    yield post
    controller.loop.call_soon_threadsafe(post.silence.set)
    controller.stop()
