"""`POST /client_statement`: the statement of a client as PDF, at once or by mail."""

from dataclasses import replace
from datetime import date

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from api.downloads import attachment
from api.invoiceninja.billing.fields import Day, asked, says_something
from api.invoiceninja.ids import decode
from api.invoiceninja.manners import NinjaViewSet
from billing import stating
from billing.days import day_in
from billing.looks import look_of
from billing.statement_pages import statement_pdf
from billing.statement_shapes import Statement, StatementKind
from billing.statements import Status, Wanted, build
from billing.stating import ledger_now
from clients.models import Client


class RequiredDay(Day):
    default_error_messages = {
        "required": "The :attribute field is required.",
        "null": "The :attribute field is required.",
    }

    def __init__(self):
        super().__init__(required=True, allow_null=False)


class StatementInput(serializers.Serializer):
    start_date = RequiredDay()
    end_date = RequiredDay()

    def wanted(self, sent) -> Wanted:
        """Tables are shown where they are asked for; an unknown status is all that stand."""
        status = str(sent.get("status", ""))
        return Wanted(
            kind=StatementKind.ACTIVITY,
            start=self.validated_data["start_date"],
            end=self.validated_data["end_date"],
            status=Status(status) if status in ("paid", "unpaid") else Status.LIVE,
            payments=asked(sent, "show_payments_table"),
            credits=asked(sent, "show_credits_table"),
            ageing=asked(sent, "show_aging_table"),
        )


class StatementViewSet(NinjaViewSet):
    subject = "invoices"

    def print(self, request):
        client = self._client()
        body = StatementInput(data=self.sent)
        body.is_valid(raise_exception=True)
        if says_something(self.sent.get("template")):
            raise serializers.ValidationError({"template": ["The selected template is invalid."]})
        wanted = body.wanted(self.sent)
        if asked(self.sent, "send_email"):
            return self._mail(client, wanted)
        now = ledger_now()
        statement = build(client, wanted, as_of=now)
        if wanted.ageing:
            statement = aged(client, statement, wanted, on=day_in(self.agency, now))
        printed = statement_pdf(statement, look_of(self.agency))
        return attachment(printed, name="Statement.pdf", media_type="application/pdf")

    def _client(self):
        """Before anything is checked; a stranger's, an absent and no id are all no right."""
        sent = self.sent.get("client_id")
        pk = decode(sent) if isinstance(sent, str) else None
        client = Client.objects.filter(pk=pk, deleted_at__isnull=True).first()
        if client is None:
            raise PermissionDenied
        return client

    def _mail(self, client, wanted):
        kept = stating.make(client, wanted, by=self.request.auth.member)
        stating.mail(kept, at=timezone.now())
        return Response({"message": "Email queued"})


def aged(client: Client, statement: Statement, wanted: Wanted, *, on: date) -> Statement:
    """With what is open by its age today, whatever the period, as the original has it."""
    now = build(client, replace(wanted, start=on, end=on), as_of=statement.as_of)
    ages = {section.currency: section.ageing for section in now.sections}
    sections = (
        replace(section, ageing=ages.get(section.currency, section.ageing))
        for section in statement.sections
    )
    return replace(statement, sections=tuple(sections))
