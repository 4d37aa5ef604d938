"""The words of printed invoices and credits that statements do not share (billing.words)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentWords:
    invoice: str
    credit: str
    draft: str
    issued: str
    due: str
    order_number: str
    corrects: str
    item: str
    quantity: str
    price: str
    discount: str
    tax: str
    amount: str
    subtotal: str
    # With {tax}, a name and a rate, and {base}, the amount it is of.
    tax_added: str
    tax_within: str
    total: str
    paid: str
    amount_due: str
    used: str
    remaining: str
    payment_details: str
    notes: str
    terms: str


_BY_LANGUAGE = {
    "en": DocumentWords(
        invoice="Invoice",
        credit="Credit note",
        draft="Draft",
        issued="Issued",
        due="Due",
        order_number="Your order",
        corrects="Corrects invoice",
        item="Item",
        quantity="Quantity",
        price="Price",
        discount="Discount",
        tax="Tax",
        amount="Amount",
        subtotal="Subtotal",
        tax_added="{tax} on {base}",
        tax_within="Includes {tax} on {base}",
        total="Total",
        paid="Paid and credited",
        amount_due="Amount due",
        used="Used",
        remaining="Remaining",
        payment_details="How to pay",
        notes="Notes",
        terms="Terms",
    ),
    "de": DocumentWords(
        invoice="Rechnung",
        credit="Gutschrift",
        draft="Entwurf",
        issued="Ausgestellt am",
        due="Fällig am",
        order_number="Ihre Bestellung",
        corrects="Berichtigt Rechnung",
        item="Leistung",
        quantity="Menge",
        price="Preis",
        discount="Rabatt",
        tax="Steuer",
        amount="Betrag",
        subtotal="Zwischensumme",
        tax_added="{tax} auf {base}",
        tax_within="Enthält {tax} auf {base}",
        total="Gesamtbetrag",
        paid="Bezahlt und gutgeschrieben",
        amount_due="Zu zahlen",
        used="Verrechnet",
        remaining="Verbleibend",
        payment_details="Zahlung",
        notes="Hinweise",
        terms="Bedingungen",
    ),
    "fr": DocumentWords(
        invoice="Facture",
        credit="Avoir",
        draft="Brouillon",
        issued="Émise le",
        due="Échéance",
        order_number="Votre commande",
        corrects="Rectifie la facture",
        item="Désignation",
        quantity="Quantité",
        price="Prix unitaire",
        discount="Remise",
        tax="Taxe",
        amount="Montant",
        subtotal="Sous-total",
        tax_added="{tax} sur {base}",
        tax_within="Dont {tax} sur {base}",
        total="Total",
        paid="Réglé et crédité",
        amount_due="Montant dû",
        used="Utilisé",
        remaining="Restant",
        payment_details="Règlement",
        notes="Remarques",
        terms="Conditions",
    ),
    "es": DocumentWords(
        invoice="Factura",
        credit="Factura rectificativa",
        draft="Borrador",
        issued="Fecha de emisión",
        due="Vencimiento",
        order_number="Su pedido",
        corrects="Rectifica la factura",
        item="Concepto",
        quantity="Cantidad",
        price="Precio",
        discount="Descuento",
        tax="Impuesto",
        amount="Importe",
        subtotal="Subtotal",
        tax_added="{tax} sobre {base}",
        tax_within="Incluye {tax} sobre {base}",
        total="Total",
        paid="Pagado y abonado",
        amount_due="Importe pendiente",
        used="Utilizado",
        remaining="Restante",
        payment_details="Forma de pago",
        notes="Notas",
        terms="Condiciones",
    ),
    "pt": DocumentWords(
        invoice="Fatura",
        credit="Nota de crédito",
        draft="Rascunho",
        issued="Emissão",
        due="Vencimento",
        order_number="Sua encomenda",
        corrects="Corrige a fatura",
        item="Descrição",
        quantity="Quantidade",
        price="Preço",
        discount="Desconto",
        tax="Imposto",
        amount="Valor",
        subtotal="Subtotal",
        tax_added="{tax} sobre {base}",
        tax_within="Inclui {tax} sobre {base}",
        total="Total",
        paid="Pago e creditado",
        amount_due="Valor a pagar",
        used="Utilizado",
        remaining="Restante",
        payment_details="Pagamento",
        notes="Observações",
        terms="Condições",
    ),
    "ar": DocumentWords(
        invoice="فاتورة",
        credit="إشعار دائن",
        draft="مسودة",
        issued="تاريخ الإصدار",
        due="تاريخ الاستحقاق",
        order_number="رقم طلبكم",
        corrects="تصحيح للفاتورة",
        item="البند",
        quantity="الكمية",
        price="السعر",
        discount="الخصم",
        tax="الضريبة",
        amount="المبلغ",
        subtotal="المجموع الفرعي",
        tax_added="{tax} على {base}",
        tax_within="يشمل {tax} على {base}",
        total="الإجمالي",
        paid="المدفوع والمقيّد",
        amount_due="المبلغ المستحق",
        used="المستخدم",
        remaining="المتبقي",
        payment_details="طريقة الدفع",
        notes="ملاحظات",
        terms="الشروط",
    ),
    "he": DocumentWords(
        invoice="חשבונית",
        credit="הודעת זיכוי",
        draft="טיוטה",
        issued="תאריך הנפקה",
        due="לתשלום עד",
        order_number="מספר הזמנה",
        corrects="מתקן חשבונית",
        item="פריט",
        quantity="כמות",
        price="מחיר",
        discount="הנחה",
        tax="מס",
        amount="סכום",
        subtotal="סכום ביניים",
        tax_added="{tax} על {base}",
        tax_within="כולל {tax} על {base}",
        total="סך הכול",
        paid="שולם וזוכה",
        amount_due="לתשלום",
        used="נוצל",
        remaining="נותר",
        payment_details="אופן התשלום",
        notes="הערות",
        terms="תנאים",
    ),
}


def document_words_in(language: str) -> DocumentWords:
    """By the language of billing.words.Words."""
    return _BY_LANGUAGE[language]
