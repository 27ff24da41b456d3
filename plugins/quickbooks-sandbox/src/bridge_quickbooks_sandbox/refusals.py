"""How QuickBooks says no: codes, messages in two languages, and the shapes of a fault."""

from typing import Any

from bridge.errors import RejectedError

__all__ = ["KNOWN_CODES", "RefusalError", "fault"]

_ENGLISH = {
    "500": "Unsupported Operation",
    "600": "Duplicate Request Id",
    "610": "Object Not Found",
    "620": "Transaction cannot be linked",
    "1040": "Batch size exceeds allowed limit",
    "1050": "Invalid Content Type",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid Id",
    "2040": "Illegal character",
    "2050": "String length exceeds the allowed limit",
    "2130": "Invalid Request Id",
    "2170": "Invalid Enumeration",
    "2290": "Negative amount not allowed",
    "2300": "Debits and credits are not equal",
    "2500": "Invalid Reference Id",
    "3001": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
    "3100": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "5020": "Permission Denied Error",
    "6000": "A business validation error has occurred while processing your request",
    "6070": "Amount calculation incorrect in the request",
    "6100": "Invalid Line TaxCode in the request",
    "6140": "Duplicate Document Number Error",
    "6170": "Invalid Tax Detail in the request",
    "6190": "Invalid Company Status",
    "6200": "Account Period Closed, Cannot Update Through Services API",
    "6210": "Account Period Closed",
    "6240": "Duplicate Name Exists Error",
    "6430": "Invalid account type used",
    "6540": "Deposited Transaction cannot be changed",
}

KNOWN_CODES = frozenset(_ENGLISH)

_FRENCH = {
    "600": "Identifiant de demande en double",
    "610": "Objet introuvable",
    "2010": "La demande contient une propriété non valide",
    "2020": "Un paramètre obligatoire est manquant",
    "2050": "La longueur de la chaîne dépasse la limite autorisée",
    "2300": "Les débits et les crédits ne sont pas égaux",
    "2500": "Identifiant de référence non valide",
    "5010": "Erreur d'objet périmé",
    "6000": "Une erreur de validation commerciale s'est produite pendant le traitement de votre demande",
    "6140": "Erreur de numéro de document en double",
    "6190": "Statut de la société non valide",
    "6200": "Période comptable fermée",
    "6210": "Période comptable fermée",
    "6240": "Ce nom existe déjà",
}

_FRENCH_TYPES = {
    "Invoice": "Facture",
    "Journal Entry": "Écriture de journal",
    "Sales Receipt": "Reçu de vente",
    "Refund Receipt": "Reçu de remboursement",
    "Credit Memo": "Note de crédit",
    "Expense": "Dépense",
}

_DUPLICATE = {
    "en": "You must specify a different number. This number has already been used. DocNumber={number} is assigned"
    " to TxnType={kind} with TxnId={holder}",
    "fr": "Vous devez indiquer un autre numéro. Ce numéro est déjà utilisé. DocNumber={number} est affecté"
    " à TxnType={kind} avec TxnId={holder}",
}


class RefusalError(RejectedError):
    """A request the fake QuickBooks refuses: the vendor's code, its detail, and the element at fault."""

    code = "quickbooks.sandbox.refused"

    def __init__(
        self, vendor_code: str, detail: str, *, element: str = "", status: int = 400, kind: str = "ValidationFault"
    ) -> None:
        super().__init__("the QuickBooks sandbox", f"{vendor_code} {detail}", "See the fault's code")
        self.vendor_code = vendor_code
        self.detail = detail
        self.element = element
        self.status = status
        self.kind = kind

    def in_language(self, language: str) -> tuple[str, str]:
        """Give message and detail as the company's user reads them."""
        english = _ENGLISH[self.vendor_code]
        message = _FRENCH.get(self.vendor_code, english) if language == "fr" else english
        return message, self.detail


class DuplicateNumberError(RefusalError):
    """Another transaction holds the number; the detail names it, in the user's language."""

    def __init__(self, vendor_code: str, *, number: str, txn_type: str, holder: str) -> None:
        self.facts = {"number": number, "kind": txn_type, "holder": holder}
        super().__init__(vendor_code, _DUPLICATE["en"].format(**self.facts))

    def in_language(self, language: str) -> tuple[str, str]:
        """Translate the document's type too, as the real service does."""
        facts = dict(self.facts)
        if language == "fr":
            facts["kind"] = _FRENCH_TYPES.get(facts["kind"], facts["kind"])
        words = _FRENCH if language == "fr" else _ENGLISH
        message = words["6140"]  # the real 6210 with a TxnId speaks of the number, too
        return message, f"{message} : {_DUPLICATE.get(language, _DUPLICATE['en']).format(**facts)}"


def fault(refusal: RefusalError, language: str = "en") -> dict[str, Any]:
    """Shape a refusal as the ``Fault`` that answers and batch items carry."""
    message, detail = refusal.in_language(language)
    return {
        "Fault": {
            "Error": [
                {
                    "Message": message,
                    "Detail": detail,
                    "code": refusal.vendor_code,
                    "element": refusal.element,
                }
            ],
            "type": refusal.kind,
        }
    }
