"""How a payment was made, in the languages that statements are written in."""

from collections.abc import Mapping

from billing.payment_models import Payment

_KINDS = tuple(Payment.Method.values)

# In the order of Payment.Method.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("Bank transfer", "Card", "Cash", "Cheque", "Direct debit", "PayPal", "Other"),
    "de": ("Überweisung", "Karte", "Bar", "Scheck", "Lastschrift", "PayPal", "Sonstige"),
    "fr": ("Virement", "Carte", "Espèces", "Chèque", "Prélèvement", "PayPal", "Autre"),
    "es": ("Transferencia", "Tarjeta", "Efectivo", "Cheque", "Domiciliación", "PayPal", "Otro"),
    "pt": ("Transferência", "Cartão", "Dinheiro", "Cheque", "Débito direto", "PayPal", "Outro"),
    "ar": ("تحويل مصرفي", "بطاقة", "نقدًا", "شيك", "خصم مباشر", "PayPal", "أخرى"),
    "he": ("העברה בנקאית", "כרטיס", "מזומן", "המחאה", "הוראת קבע", "PayPal", "אחר"),
}


def method_in(language: str, method: str) -> str:
    """`language` is one of billing.words; a method of no kind that we know stands as it is."""
    return dict(zip(_KINDS, _WORDS[language], strict=True)).get(method, method)
