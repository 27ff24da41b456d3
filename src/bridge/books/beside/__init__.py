"""What no document calls for by itself, but several together: entries and findings, worked out anew from them all."""
