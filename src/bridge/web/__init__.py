"""Pages: what people see and decide in a browser, and the doors through which vendors come.

``site`` puts it together. A page is a function of what was ``asked`` (who, for which organisation, by which form) and
answers HTML; it knows ``bridge.desk`` for what it shows and the services for what it does, and has no rules of its own.
``pages`` has a file for each place in the menu, ``templates`` how it looks. Every page works without scripts.
"""
