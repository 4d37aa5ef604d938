from rest_framework.permissions import BasePermission


class Nobody(BasePermission):
    """The default: a view that forgot to say who may come in lets nobody in."""

    def has_permission(self, request, view):
        return False
