"""The one way in which lines become entries, whatever a source reports.

``walk`` sums the lines of a work, outside any unit; a policy (``of_statements``, ``of_orders``) says where each goes
and how its entries are closed; ``draft`` holds what that comes to, and ``unit`` writes it, if what it stood on still
holds.
"""
