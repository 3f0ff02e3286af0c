"""The documents of an invoice: a PDF/A-3 with the e-invoice in it, and the same as UBL."""
