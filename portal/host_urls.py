"""All addresses of an agency's own portal host."""

from django.urls import URLPattern, include, path

from portal import (
    credit_views,
    detail_views,
    document_views,
    factor_views,
    file_views,
    home_views,
    invite_views,
    invoice_views,
    key_views,
    password_views,
    payment_views,
    people_views,
    project_views,
    session_views,
    sign_in_views,
    statement_views,
    views,
)

# Below the root of a host, and below an agency's slug on the main one.
PAGES = [
    ("document/asked", document_views.asked, "document-asked"),
    ("document/<str:secret>", document_views.document, "document"),
    ("document/<str:secret>/pdf", document_views.document_pdf, "document-pdf"),
    ("sign-in", sign_in_views.ask, "sign-in"),
    ("sign-in/code", sign_in_views.code, "sign-in-code"),
    ("sign-in/password", password_views.sign_in, "sign-in-password"),
    ("sign-in/<str:secret>", sign_in_views.link, "sign-in-link"),
    # Invoice Ninja's address: code written against it builds links from the key.
    ("client/key_login/<str:key>", key_views.key_login, "key-login"),
    ("second-factor", factor_views.prove, "second-factor"),
    ("second-factor/passkey", factor_views.passkey_question, "passkey-question"),
    ("sign-out", session_views.leave, "sign-out"),
    ("switch", session_views.switch, "switch"),
    ("home", home_views.home, "home"),
    ("invoices", invoice_views.invoices, "invoices"),
    ("invoices/<str:number>.pdf", invoice_views.invoice_pdf, "invoice-pdf"),
    ("invoices/<str:number>", invoice_views.invoice, "invoice"),
    ("payments", payment_views.payments, "payments"),
    ("payments/<str:payment>", payment_views.payment, "payment"),
    ("credits", credit_views.credit_list, "credits"),
    ("credits/<str:credit>.pdf", credit_views.credit_pdf, "credit-pdf"),
    ("credits/<str:credit>", credit_views.credit, "credit"),
    ("statements", statement_views.statements, "statements"),
    ("statements.<str:extension>", statement_views.statement_file, "statement-file"),
    ("statements/print", statement_views.print_statement, "print-statement"),
    ("statements/print/<str:key>.pdf", statement_views.printed_statement, "printed-statement"),
    ("statements/print/<str:key>", statement_views.statement_printing, "statement-printing"),
    ("people", people_views.people, "people"),
    ("people/invite", people_views.invite, "invite-colleague"),
    ("people/<str:colleague>/again", people_views.send_anew, "invite-again"),
    ("people/<str:colleague>/take-back", people_views.take_back, "take-back"),
    ("people/<str:colleague>/end", people_views.end_access, "end-access"),
    ("projects", project_views.projects, "projects"),
    ("projects/<str:project>", project_views.project, "project"),
    ("files", file_views.files, "files"),
    ("files/upload", file_views.upload, "upload"),
    ("files/<str:file>", file_views.file, "file"),
    ("details", detail_views.details, "details"),
    ("details/address", detail_views.address, "address"),
    ("security", session_views.security, "security"),
    ("security/app", factor_views.add_app, "app"),
    ("security/passkeys", factor_views.add_passkey, "passkey"),
    ("security/passkeys/offer", factor_views.passkey_offer, "passkey-offer"),
    ("security/recovery", factor_views.recovery, "recovery"),
    ("security/factors/<str:factor>/remove", factor_views.remove, "remove-factor"),
    ("security/password", password_views.password, "password"),
    ("security/<str:session>/end", session_views.end_session, "end-session"),
]


def pages(base: str, *, prefix: str = "") -> list[URLPattern]:
    """The pages of a portal whose addresses begin with `base`; names begin with `prefix`."""
    return [path(base + route, view, name=prefix + name) for route, view, name in PAGES]


host_patterns = [
    path("", views.host_front, name="host-front"),
    path("brand.css", views.style, name="host-style"),
    path("logo", views.logo, name="host-logo"),
    path("icon", views.icon, name="host-icon"),
    path("favicon.ico", views.host_icon, name="favicon"),
    path("invite/asked", invite_views.asked, name="host-invite-asked"),
    path("invite/<str:secret>", invite_views.invite, name="host-invite"),
    *pages("", prefix="host-"),
]

urlpatterns = [path("", include((host_patterns, "portal")))]
