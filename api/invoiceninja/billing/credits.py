"""`/credits`: drafts are written and changed; what is issued can be used, and stays as it is."""

from django.utils import timezone

from api.invoiceninja.billing import acting
from api.invoiceninja.billing.fields import asked
from api.invoiceninja.billing.filters import CREDIT_COLUMNS, find_credits
from api.invoiceninja.billing.inputs import CreditInput
from api.invoiceninja.billing.serializers import blank_credit, present_credits
from api.invoiceninja.billing.views import MoneyViewSet
from billing.crediting import archive_credit, delete_credit, restore_credit
from billing.drafting import draft_credit, edit_document
from billing.holding import hold
from billing.models import Credit

_ACTIONS = {
    "mark_sent": acting.grant,
    "archive": archive_credit,
    "restore": restore_credit,
    "delete": delete_credit,
}


class CreditViewSet(MoneyViewSet):
    original = "Credit"
    model = Credit
    columns = CREDIT_COLUMNS
    relations = frozenset({"client"})
    begin = staticmethod(blank_credit)
    actions = tuple(_ACTIONS)

    def find(self):
        return find_credits(self.sent)

    def present(self, records, include):
        return present_credits(records, agency=self.agency, include=include)

    def create(self, request):
        self.refuse_unsent("send_email", "mark_paid", "paid")
        body = CreditInput.of_new(self.sent, agency=self.agency)
        body.is_valid(raise_exception=True)
        facts = body.facts()
        # As in the original, a draft has a day from the first.
        facts["issued_on"] = facts.get("issued_on") or self.today
        credit = draft_credit(
            body.validated_data["client_id"],
            by=request.auth.member,
            lines=body.lines() or [],
            at=timezone.now(),
            **facts,
        )
        return self._triggered(credit)

    def update(self, request, record_id):
        self.refuse_unsent("send_email", "mark_paid", "paid")
        _, credit = hold(self.found(record_id))
        (shown,) = self.present(Credit.objects.filter(pk=credit.pk), frozenset())
        body = CreditInput.of_changes(self.sent, document=credit, shown=shown, agency=self.agency)
        body.is_valid(raise_exception=True)
        credit = edit_document(credit, at=timezone.now(), lines=body.lines(), **body.facts())
        return self._triggered(credit)

    def do(self, action, records):
        at = timezone.now()
        for record in records:
            _ACTIONS[action](record, at=at)

    def _triggered(self, credit):
        if asked(self.sent, "mark_sent"):
            acting.grant(credit, at=timezone.now())
        return self.shown(credit.pk)
