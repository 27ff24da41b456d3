"""A file for each place in the menu. Each has its routes as ``PAGES``; a function is named as its page is."""
