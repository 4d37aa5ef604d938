"""The words of printed documents, by language. Names and free text around them stay as they are."""

from dataclasses import dataclass

from billing.statement_shapes import Bucket, MovementKind, StatementKind


@dataclass(frozen=True)
class Words:
    # A BCP 47 tag, for the document's lang attribute.
    language: str
    right_to_left: bool
    activity: str
    open_items: str
    prepared_for: str
    client_number: str
    vat_id: str
    period: str
    as_of: str
    opening: str
    charged: str
    settled: str
    closing: str
    date: str
    document: str
    details: str
    amount: str
    balance: str
    number: str
    issued: str
    due: str
    days_overdue: str
    project: str
    total: str
    still_open: str
    payments: str
    method: str
    reference: str
    refunded: str
    on_account: str
    credits: str
    remaining: str
    applied_to: str
    ageing: str
    not_due: str
    # With {first} and {last}, or {days}.
    days_between: str
    days_over: str
    unapplied: str
    credit_balance: str
    no_movements: str
    no_open_items: str
    invoice: str
    payment: str
    credit: str
    refund: str
    cancellation: str
    transfer: str

    def title(self, kind: StatementKind) -> str:
        return self.activity if kind == StatementKind.ACTIVITY else self.open_items

    def movement(self, kind: MovementKind) -> str:
        return {
            MovementKind.INVOICE: self.invoice,
            MovementKind.PAYMENT: self.payment,
            MovementKind.CREDIT: self.credit,
            MovementKind.REFUND: self.refund,
            MovementKind.CANCELLATION: self.cancellation,
            MovementKind.TRANSFER: self.transfer,
        }[kind]

    def bucket(self, bucket: Bucket) -> str:
        if bucket == Bucket.CURRENT:
            return self.not_due
        if bucket == Bucket.OVER_120:
            return self.days_over.format(days=120)
        first, last = bucket.value.split("-")
        return self.days_between.format(first=first, last=last)


ENGLISH = Words(
    language="en",
    right_to_left=False,
    activity="Statement of account",
    open_items="Open items",
    prepared_for="Prepared for",
    client_number="Client no.",
    vat_id="VAT ID",
    period="Period",
    as_of="As recorded",
    opening="Opening balance",
    charged="Invoiced",
    settled="Paid and credited",
    closing="Closing balance",
    date="Date",
    document="Document",
    details="Details",
    amount="Amount",
    balance="Balance",
    number="Number",
    issued="Issued",
    due="Due",
    days_overdue="Days overdue",
    project="Project",
    total="Total",
    still_open="Open",
    payments="Payments",
    method="Method",
    reference="Reference",
    refunded="Refunded",
    on_account="On account",
    credits="Credits",
    remaining="Remaining",
    applied_to="Applied to",
    ageing="Open by days past due",
    not_due="Not due",
    days_between="{first}–{last} days",
    days_over="Over {days} days",
    unapplied="Money on account",
    credit_balance="Unused credits",
    no_movements="Nothing was recorded in this period.",
    no_open_items="Nothing is open.",
    invoice="Invoice",
    payment="Payment",
    credit="Credit note",
    refund="Refund",
    cancellation="Cancellation",
    transfer="Transfer",
)

GERMAN = Words(
    language="de",
    right_to_left=False,
    activity="Kontoauszug",
    open_items="Offene Posten",
    prepared_for="Für",
    client_number="Kundennr.",
    vat_id="USt-IdNr.",
    period="Zeitraum",
    as_of="Stand",
    opening="Anfangssaldo",
    charged="Berechnet",
    settled="Bezahlt und gutgeschrieben",
    closing="Endsaldo",
    date="Datum",
    document="Beleg",
    details="Einzelheiten",
    amount="Betrag",
    balance="Saldo",
    number="Nummer",
    issued="Ausgestellt",
    due="Fällig",
    days_overdue="Tage überfällig",
    project="Projekt",
    total="Gesamt",
    still_open="Offen",
    payments="Zahlungen",
    method="Zahlungsart",
    reference="Referenz",
    refunded="Erstattet",
    on_account="Guthaben",
    credits="Gutschriften",
    remaining="Verbleibend",
    applied_to="Verrechnet mit",
    ageing="Offen nach Tagen der Überfälligkeit",
    not_due="Nicht fällig",
    days_between="{first}–{last} Tage",
    days_over="Über {days} Tage",
    unapplied="Guthaben aus Zahlungen",
    credit_balance="Offene Gutschriften",
    no_movements="In diesem Zeitraum wurde nichts gebucht.",
    no_open_items="Es ist nichts offen.",
    invoice="Rechnung",
    payment="Zahlung",
    credit="Gutschrift",
    refund="Erstattung",
    cancellation="Storno",
    transfer="Umbuchung",
)

FRENCH = Words(
    language="fr",
    right_to_left=False,
    activity="Relevé de compte",
    open_items="Factures en attente",
    prepared_for="À l’attention de",
    client_number="N° client",
    vat_id="N° TVA",
    period="Période",
    as_of="État au",
    opening="Solde initial",
    charged="Facturé",
    settled="Réglé et crédité",
    closing="Solde final",
    date="Date",
    document="Document",
    details="Détails",
    amount="Montant",
    balance="Solde",
    number="Numéro",
    issued="Émise le",
    due="Échéance",
    days_overdue="Jours de retard",
    project="Projet",
    total="Total",
    still_open="Restant dû",
    payments="Paiements",
    method="Mode",
    reference="Référence",
    refunded="Remboursé",
    on_account="En compte",
    credits="Avoirs",
    remaining="Restant",
    applied_to="Imputé à",
    ageing="Restant dû par jours de retard",
    not_due="Non échu",
    days_between="{first}–{last} jours",
    days_over="Plus de {days} jours",
    unapplied="Acomptes non imputés",
    credit_balance="Avoirs non utilisés",
    no_movements="Aucun mouvement sur cette période.",
    no_open_items="Aucune facture en attente.",
    invoice="Facture",
    payment="Paiement",
    credit="Avoir",
    refund="Remboursement",
    cancellation="Annulation",
    transfer="Transfert",
)

SPANISH = Words(
    language="es",
    right_to_left=False,
    activity="Estado de cuenta",
    open_items="Facturas pendientes",
    prepared_for="Para",
    client_number="N.º de cliente",
    vat_id="NIF/IVA",
    period="Período",
    as_of="Situación al",
    opening="Saldo inicial",
    charged="Facturado",
    settled="Pagado y abonado",
    closing="Saldo final",
    date="Fecha",
    document="Documento",
    details="Detalles",
    amount="Importe",
    balance="Saldo",
    number="Número",
    issued="Emisión",
    due="Vencimiento",
    days_overdue="Días de retraso",
    project="Proyecto",
    total="Total",
    still_open="Pendiente",
    payments="Pagos",
    method="Método",
    reference="Referencia",
    refunded="Reembolsado",
    on_account="A cuenta",
    credits="Abonos",
    remaining="Restante",
    applied_to="Aplicado a",
    ageing="Pendiente por días de retraso",
    not_due="Por vencer",
    days_between="{first}–{last} días",
    days_over="Más de {days} días",
    unapplied="Pagos a cuenta",
    credit_balance="Abonos sin utilizar",
    no_movements="No hubo movimientos en este período.",
    no_open_items="No hay nada pendiente.",
    invoice="Factura",
    payment="Pago",
    credit="Abono",
    refund="Reembolso",
    cancellation="Anulación",
    transfer="Traspaso",
)

PORTUGUESE = Words(
    language="pt",
    right_to_left=False,
    activity="Extrato de conta",
    open_items="Faturas em aberto",
    prepared_for="Para",
    client_number="N.º de cliente",
    vat_id="N.º de IVA",
    period="Período",
    as_of="Situação em",
    opening="Saldo inicial",
    charged="Faturado",
    settled="Pago e creditado",
    closing="Saldo final",
    date="Data",
    document="Documento",
    details="Detalhes",
    amount="Valor",
    balance="Saldo",
    number="Número",
    issued="Emissão",
    due="Vencimento",
    days_overdue="Dias de atraso",
    project="Projeto",
    total="Total",
    still_open="Em aberto",
    payments="Pagamentos",
    method="Método",
    reference="Referência",
    refunded="Reembolsado",
    on_account="Por conta",
    credits="Notas de crédito",
    remaining="Restante",
    applied_to="Aplicado a",
    ageing="Em aberto por dias de atraso",
    not_due="A vencer",
    days_between="{first}–{last} dias",
    days_over="Mais de {days} dias",
    unapplied="Pagamentos por conta",
    credit_balance="Créditos não utilizados",
    no_movements="Não houve movimentos neste período.",
    no_open_items="Nada está em aberto.",
    invoice="Fatura",
    payment="Pagamento",
    credit="Nota de crédito",
    refund="Reembolso",
    cancellation="Anulação",
    transfer="Transferência",
)

ARABIC = Words(
    language="ar",
    right_to_left=True,
    activity="كشف حساب",
    open_items="المبالغ المستحقة",
    prepared_for="مقدَّم إلى",
    client_number="رقم العميل",
    vat_id="الرقم الضريبي",
    period="الفترة",
    as_of="كما في",
    opening="الرصيد الافتتاحي",
    charged="المفوتر",
    settled="المدفوع والمقيّد",
    closing="الرصيد الختامي",
    date="التاريخ",
    document="المستند",
    details="التفاصيل",
    amount="المبلغ",
    balance="الرصيد",
    number="الرقم",
    issued="الإصدار",
    due="الاستحقاق",
    days_overdue="أيام التأخير",
    project="المشروع",
    total="الإجمالي",
    still_open="المتبقي",
    payments="المدفوعات",
    method="الطريقة",
    reference="المرجع",
    refunded="المسترد",
    on_account="على الحساب",
    credits="الإشعارات الدائنة",
    remaining="المتبقي",
    applied_to="مطبَّق على",
    ageing="المستحق حسب أيام التأخير",
    not_due="غير مستحق بعد",
    days_between="{first}–{last} يومًا",
    days_over="أكثر من {days} يومًا",
    unapplied="مدفوعات على الحساب",
    credit_balance="أرصدة دائنة غير مستخدمة",
    no_movements="لا توجد حركات في هذه الفترة.",
    no_open_items="لا توجد مبالغ مستحقة.",
    invoice="فاتورة",
    payment="دفعة",
    credit="إشعار دائن",
    refund="استرداد",
    cancellation="إلغاء",
    transfer="تحويل",
)

HEBREW = Words(
    language="he",
    right_to_left=True,
    activity="דף חשבון",
    open_items="חשבוניות פתוחות",
    prepared_for="לכבוד",
    client_number="מספר לקוח",
    vat_id="מספר עוסק",
    period="תקופה",
    as_of="נכון ליום",
    opening="יתרת פתיחה",
    charged="חויב",
    settled="שולם וזוכה",
    closing="יתרת סגירה",
    date="תאריך",
    document="מסמך",
    details="פרטים",
    amount="סכום",
    balance="יתרה",
    number="מספר",
    issued="הונפק",
    due="לתשלום עד",
    days_overdue="ימי פיגור",
    project="פרויקט",
    total="סך הכול",
    still_open="פתוח",
    payments="תשלומים",
    method="אמצעי",
    reference="אסמכתה",
    refunded="הוחזר",
    on_account="על החשבון",
    credits="זיכויים",
    remaining="נותר",
    applied_to="נזקף אל",
    ageing="פתוח לפי ימי פיגור",
    not_due="טרם הגיע המועד",
    days_between="{first}–{last} ימים",
    days_over="מעל {days} ימים",
    unapplied="תשלומים על החשבון",
    credit_balance="זיכויים שלא נוצלו",
    no_movements="לא נרשמו תנועות בתקופה זו.",
    no_open_items="אין יתרות פתוחות.",
    invoice="חשבונית",
    payment="תשלום",
    credit="זיכוי",
    refund="החזר",
    cancellation="ביטול",
    transfer="העברה",
)

_BY_LANGUAGE = {
    words.language: words
    for words in (ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE, ARABIC, HEBREW)
}


def words_in(tag: str) -> Words:
    """The words of a language tag such as de-AT; English where we have none."""
    return _BY_LANGUAGE.get(tag.replace("_", "-").split("-")[0].lower(), ENGLISH)


def languages() -> list[str]:
    return list(_BY_LANGUAGE)
