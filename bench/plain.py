"""A page of invoices and payments as it is usually built with Django, over the same rows.

Whole rows, dates and amounts by the template's own filters, the sign-in of Django. It knows no
wall, no rights, no client's language and no page numbers.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.template import engines

from billing.models import Invoice, Payment

_SIZE = 20
_PAGE = """{% load i18n %}<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{% translate "Invoices" %}</title></head>
<body>
<header>{{ user }}</header>
<nav><a href="/home">{% translate "Home" %}</a>
<a href="/invoices">{% translate "Invoices" %}</a></nav>
{% if invoices %}<table>
<tr><th>{% translate "Invoice" %}</th><th>{% translate "Date" %}</th><th>{% translate "Due" %}</th>
<th>{% translate "State" %}</th><th>{% translate "Total" %}</th><th>{% translate "Open" %}</th></tr>
{% for one in invoices %}<tr>
<th><a href="/invoices/{{ one.pk }}">{{ one.number }}</a></th>
<td>{{ one.issued_on|date:"DATE_FORMAT" }}</td><td>{{ one.due_on|date:"DATE_FORMAT" }}</td>
<td>{{ one.get_status_display }}</td>
<td>{{ one.total|floatformat:"2g" }} {{ one.currency }}</td>
<td>{{ one.balance|floatformat:"2g" }} {{ one.currency }}</td>
</tr>{% endfor %}</table>{% endif %}
{% if payments %}<table>
<tr><th>{% translate "Payment" %}</th><th>{% translate "Date" %}</th>
<th>{% translate "Method" %}</th><th>{% translate "Reference" %}</th>
<th>{% translate "Settles" %}</th><th>{% translate "Amount" %}</th></tr>
{% for one in payments %}<tr>
<th><a href="/payments/{{ one.pk }}">{{ one.number }}</a></th>
<td>{{ one.paid_on|date:"DATE_FORMAT" }}</td><td>{{ one.get_method_display }}</td>
<td>{{ one.reference }}</td>
<td>{% for share in one.allocations.all %}
<a href="/invoices/{{ share.invoice_id }}">{{ share.invoice.number }}</a>
{{ share.amount|floatformat:"2g" }}{% endfor %}</td>
<td>{{ one.amount|floatformat:"2g" }} {{ one.currency }}</td>
</tr>{% endfor %}</table>{% endif %}
</body></html>"""
_TEMPLATE = engines["django"].from_string(_PAGE)


@login_required
def plain(request, client, what):
    context = {}
    if what != "payments":
        found = Invoice.objects.filter(client=client, deleted_at=None).order_by("-issued_on", "-pk")
        context["invoices"] = found[:_SIZE]
    if what != "invoices":
        paid = Payment.objects.filter(client=client, deleted_at=None).order_by("-paid_on", "-pk")
        context["payments"] = paid.prefetch_related("allocations__invoice")[:_SIZE]
    return HttpResponse(_TEMPLATE.render(context, request))
