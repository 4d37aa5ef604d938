"""`/v1/me`: whose key this is, and what it may do."""

from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from agencies.roles import EVERYTHING, SCOPES
from api.native import errors
from api.native.fields import timestamp
from api.native.ids import encode
from api.native.manners import NativeViewSet


class HasKey(BasePermission):
    """Any usable key, whatever it may do: it is told of nothing but itself."""

    def has_permission(self, request, view):
        return request.auth is not None


class MeViewSet(NativeViewSet):
    permission_classes = [HasKey]

    def retrieve(self, request):
        errors.refuse_unknown(request.query_params)
        member, key = request.auth.member, request.auth.key
        agency, allowance = self.agency, request.allowance
        return Response(
            {
                "agency": {
                    "id": encode("agency", agency.pk),
                    "name": agency.name,
                    "country": agency.country.code,
                    "currency": agency.currency,
                    "language": agency.language,
                    "time_zone": agency.time_zone,
                },
                "member": {
                    "id": encode("user", member.pk),
                    "name": member.user.full_name or member.user.email,
                    "email": member.user.email,
                    "role": member.role,
                },
                "key": {
                    "id": encode("key", key.pk),
                    "name": key.name,
                    "prefix": key.prefix,
                    # What it may do indeed: less than it was given where the role allows less.
                    "scopes": [scope for scope in SCOPES if key.may(scope)],
                    "full": EVERYTHING in key.scopes,
                    "created_at": timestamp(key.created_at),
                    "expires_at": timestamp(key.expires_at),
                    "last_used_at": timestamp(key.last_used_at),
                },
                "rate_limit": {
                    "limit": allowance.limit,
                    "remaining": allowance.remaining,
                    "resets_in": allowance.resets_in,
                },
            }
        )
