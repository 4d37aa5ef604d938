"""What apps ask before anything else: is anybody there, and what do the fixed ids mean."""

from rest_framework.response import Response

from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.statics import tables


class LookupViewSet(NinjaViewSet):
    """Answers without an envelope, as the original does."""

    subject = "clients"

    def statics(self, request):
        return Response(tables())

    def ping(self, request):
        user = request.auth.member.user
        return Response(
            {"company_name": self.agency.name, "user_name": user.full_name or user.email}
        )
