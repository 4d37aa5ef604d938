"""`/v1/statements`: what a client owes and why, kept, printed and mailed."""

from dataclasses import replace
from datetime import date

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from agencies.models import check_language
from agencies.money import to_minor
from api.downloads import attachment
from api.native import errors, inputs
from api.native.departed import client_named
from api.native.errors import BadParameter
from api.native.fields import timestamp
from api.native.filters import Moment, SameClient
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import day, moment
from api.native.statements import sections_of
from api.operators import ChoiceInFilter, OperatorFilter
from billing import stating
from billing.days import day_in
from billing.looks import look_of
from billing.models import KeptStatement
from billing.sheets import statement_csv, statement_xlsx
from billing.statement_pages import statement_page, statement_pdf
from billing.statement_shapes import StatementKind
from billing.statements import Status, Wanted, this_year

_COLUMNS = (
    "pk", "client", "client__name", "kind", "start", "end", "as_of", "status", "currency",
    "language", "payments", "credits", "ageing", "digest", "mailed_at",
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Language(inputs.Text):
    """A tag such as de or pt-BR; empty for the client's own."""

    def __init__(self):
        super().__init__(15)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if value:
            check_language(value)
        return value


class StatementInput(serializers.Serializer):
    """Without dates it is this year, to date."""

    kind = serializers.ChoiceField(
        choices=[kind.value for kind in StatementKind], default=StatementKind.ACTIVITY.value
    )
    start_date = inputs.Day()
    end_date = inputs.Day()
    status = serializers.ChoiceField(
        choices=[status.value for status in Status], default=Status.ALL.value
    )
    currency = inputs.Currency()
    language = Language()
    show_payments = inputs.Flag()
    show_credits = inputs.Flag()
    show_ageing = inputs.Flag()

    def wanted(self, *, on: date) -> Wanted:
        sent = self.validated_data
        end = sent.get("end_date") or on
        shown = {
            name: sent[f"show_{name}"]
            for name in ("payments", "credits", "ageing")
            if f"show_{name}" in sent
        }
        wanted = Wanted(
            kind=StatementKind(sent["kind"]),
            start=sent.get("start_date") or this_year(on=end)[0],
            end=end,
            status=Status(sent["status"]),
            currency=sent.get("currency", ""),
            language=sent.get("language") or "",
        )
        return replace(wanted, **shown)


class StatementFilter(filters.FilterSet):
    """`?client_id=client_…&end_date=gte:2026-01-01`"""

    client_id = SameClient()
    kind = ChoiceInFilter(choices=[(kind.value, kind.value) for kind in StatementKind])
    start_date = OperatorFilter(date, field_name="start")
    end_date = OperatorFilter(date, field_name="end")
    created_at = Moment("as_of")


class StatementViewSet(RecordViewSet):
    subject = "invoices"
    kind, noun = "stmt", "statement"
    filters = StatementFilter
    sorts = {"created_at": moment("as_of"), "end_date": day("end"), "start_date": day("start")}

    def records(self):
        return KeptStatement.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        return {**self.present_in_list(row), "sections": sections_of(self.built(row["pk"]))}

    def present_in_list(self, row):
        return {
            "id": encode("stmt", row["pk"]),
            "client": {"id": encode("client", row["client"]), "name": row["client__name"]},
            "kind": row["kind"],
            "start_date": row["start"].isoformat(),
            "end_date": row["end"].isoformat(),
            "status": row["status"],
            "currency": row["currency"] or None,
            "language": row["language"] or None,
            "show_payments": row["payments"],
            "show_credits": row["credits"],
            "show_ageing": row["ageing"],
            # Of its figures: the same as long as nothing in it changed.
            "digest": row["digest"],
            "mailed_at": timestamp(row["mailed_at"]),
            "created_at": timestamp(row["as_of"]),
        }

    def built(self, pk):
        return stating.again(KeptStatement.objects.select_related("client__agency").get(pk=pk))

    def send(self, request, id):
        """Mails it, as PDF, to the people of the client who get documents."""
        errors.refuse_unknown(request.query_params)
        kept = self.held(id)
        stating.mail(kept, at=timezone.now())
        return self.one(kept.pk)

    def changes(self, request, id):
        """What was recorded since and dated back into it, and whether its figures stand."""
        errors.refuse_unknown(request.query_params)
        kept = self.found(id)
        entries = [
            {
                "type": entry.kind,
                "date": entry.on.isoformat(),
                "recorded_at": timestamp(entry.recorded_at),
                "currency": entry.account.currency,
                "amount": to_minor(entry.balance, entry.account.currency),
            }
            for entry in stating.back_dated(kept)
        ]
        return Response({"same_figures": stating.is_the_same(kept), "back_dated": entries})

    def pdf(self, request, id):
        """PDF/UA, or with `archive=true` PDF/A-3."""
        return self.printed(id, "pdf", "application/pdf", self._paper, known=("archive",))

    def csv(self, request, id):
        return self.printed(id, "csv", "text/csv; charset=utf-8", statement_csv)

    def xlsx(self, request, id):
        return self.printed(id, "xlsx", _XLSX, statement_xlsx)

    def html(self, request, id):
        return self.printed(id, "html", "text/html; charset=utf-8", self._page)

    def printed(self, id, extension, media_type, make, *, known=()):
        """Always as an attachment: nothing in it may run in a browser."""
        errors.refuse_unknown(self.request.query_params, known=known)
        kept = self.found(id)
        name = f"statement-{kept.end.isoformat()}.{extension}"
        return attachment(make(stating.again(kept)), name=name, media_type=media_type)

    def _paper(self, statement):
        asked = self.request.query_params.get("archive", "false")
        if asked not in ("true", "false"):
            raise BadParameter("archive", "Give true or false.")
        return statement_pdf(statement, look_of(self.agency), archive=asked == "true")

    def _page(self, statement):
        return statement_page(statement, look_of(self.agency)).html


class ClientStatementViewSet(StatementViewSet):
    """The statements of one client, and a new one."""

    def list(self, request, id):
        client = client_named(request, id)
        statements = self.records().filter(client=client)
        return self.listed(statements, bound_to=encode("client", client.pk))

    def create(self, request, id):
        errors.refuse_unknown(request.query_params)
        client = client_named(request, id)
        body = self.read(StatementInput)
        today = day_in(self.agency, timezone.now())
        kept = stating.make(client, body.wanted(on=today), by=request.auth.member)
        return self.made(kept.pk)
