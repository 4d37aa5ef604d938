"""`/activities`: what happened, and a way to leave a note."""

from rest_framework import serializers

from api.invoiceninja.activities import count_activities, latest_activities, present_note
from api.invoiceninja.fields import HashedId, RequiredText, Word
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from clients.models import Client, Note

_LONGEST = 10_000


class ClientId(HashedId):
    default_error_messages = dict.fromkeys(
        ("required", "null"), "The :attribute field is required."
    )

    def __init__(self):
        super().__init__()
        self.required, self.allow_null = True, False

    def find(self, pk):
        return Client.objects.filter(pk=pk).first()


class NoteInput(serializers.Serializer):
    entity = Word(["clients"])
    entity_id = ClientId()
    notes = RequiredText(max_length=_LONGEST)


class ActivityViewSet(NinjaViewSet):
    subject = "clients"

    def list(self, request):
        page, total = page_of(self.sent), count_activities()
        start, stop = page.bounds(total=total)
        shown = latest_activities(start, stop) if start < stop else []
        return self.answer(shown, page.meta(request, total=total, count=len(shown)))

    def leave_note(self, request):
        body = NoteInput(data=self.sent)
        body.is_valid(raise_exception=True)
        note = Note.objects.create(
            agency=self.agency,
            client=body.validated_data["entity_id"],
            member=request.auth.member,
            text=body.validated_data["notes"],
        )
        return self.answer(present_note(note))
