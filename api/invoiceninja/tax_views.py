"""`POST /clients/{id}/updateTaxData`: what is known of a client for tax, learnt anew."""

from django.utils import timezone

from agencies.limits import count_request
from api.invoiceninja.views import ClientViewSet
from billing.tax_lookups import learn

# As the original: of a whole company, whoever of its people asks.
REQUESTS_PER_MINUTE = 3


class TaxViewSet(ClientViewSet):
    # Ends nothing; like the deleting ones it is for owners and managers alone.
    deleting_actions = frozenset({"update_tax_data"})

    def update_tax_data(self, request, client_id):
        learn(self._held(client_id), at=timezone.now())
        return self.retrieve(request, client_id)

    def receive(self, request):
        """Count here: whoever may not ask, or asks of nobody, takes no turn from the others."""
        super().receive(request)
        if self.action is None:
            return
        with self.scope():
            self.refuse_absent()
        bucket = f"tax:{self.agency.pk}"
        request.allowance = count_request(bucket, limit=REQUESTS_PER_MINUTE)
        if request.allowance.exceeded:
            self.throttled(request, wait=None)
