"""`/payments`: money received, what it settles, and money paid back."""

from django.utils import timezone

from api.invoiceninja.billing import acting
from api.invoiceninja.billing.filters import PAYMENT_COLUMNS, find_payments
from api.invoiceninja.billing.payment_inputs import PaymentChanges, PaymentInput, RefundInput
from api.invoiceninja.billing.payment_serializers import (
    blank_payment,
    present_credited,
    present_payments,
)
from api.invoiceninja.billing.views import MoneyViewSet
from billing.applying import apply
from billing.holding import hold
from billing.models import Payment
from billing.payments import archive_payment, delete_payment, edit_payment, restore_payment
from billing.refunding import refund

_STATES = {"archive": archive_payment, "delete": delete_payment, "restore": restore_payment}


class PaymentViewSet(MoneyViewSet):
    original = "Payment"
    model = Payment
    columns = PAYMENT_COLUMNS
    relations = frozenset({"client"})
    begin = staticmethod(blank_payment)
    actions = tuple(_STATES)

    def find(self):
        return find_payments(self.sent)

    def present(self, records, include):
        return present_payments(records, agency=self.agency, include=include)

    def create(self, request):
        self.refuse_unsent("email_receipt")
        body = PaymentInput(data=self.sent)
        body.is_valid(raise_exception=True)
        facts = body.facts()
        client, on = facts.pop("client"), facts.pop("paid_on", None) or self.today
        payment = acting.receive(
            client,
            body.shares(),
            body.credits_given(),
            on=on,
            by=request.auth.member,
            at=timezone.now(),
            **facts,
        )
        if payment is None:
            sent = {name: facts[name] for name in ("reference", "private_notes") if name in facts}
            return self.answer(present_credited(client, on=on, sent=sent))
        return self.shown(payment.pk)

    def update(self, request, record_id):
        _, payment = hold(self.found(record_id))
        (shown,) = self.present(Payment.objects.filter(pk=payment.pk), frozenset())
        body = PaymentChanges.of(self.sent, shown)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        payment = edit_payment(payment, at=at, **body.facts())
        if body.shares():
            apply(payment, body.shares(), on=self.today, at=at)
        return self.shown(payment.pk)

    def refund(self, request):
        self.refuse_unsent("gateway_refund", "send_email")
        body = RefundInput(data=self.sent)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = refund(
            given["id"],
            amount=given["amount"],
            on=given.get("date") or self.today,
            by=request.auth.member,
            at=timezone.now(),
            shares=body.shares(),
        )
        return self.shown(made.payment_id)

    def do(self, action, records):
        for record in records:
            _STATES[action](record, at=timezone.now())
