"""Entries and findings that no document calls for by itself, but several together: worked out anew from all that is booked."""
