from django.utils import timezone
from rest_framework.response import Response

from api.invoiceninja.manners import NinjaViewSet
from contacts.reactivating import reactivate


class BounceViewSet(NinjaViewSet):
    subject = "clients"

    def reactivate(self, request, bounce_id):
        # The provider is asked within the transaction, which holds nothing that others wait for.
        reactivate(bounce_id, by=request.auth.member, at=timezone.now())
        return Response({"message": "Success"})
