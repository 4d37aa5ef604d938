class DomainError(Exception):
    """A rule said no. Each dialect turns `code` into its own words; nobody else catches it.

    `field` is the domain's name of the value at fault, empty where it is none in particular.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ScopeError(RuntimeError):
    """A mistake in our own code: the agency's scope was opened twice or never."""
