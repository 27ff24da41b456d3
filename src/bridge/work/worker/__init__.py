"""A worker: does what routes ask for by itself, for all organisations, again and again, until it is told to stop.

What is due stands in rows (``model.duties``): ``plan`` keeps them true to the routes. Every worker looks at them once a
second and has the engine hand out those that are due, by turns of organisations (``running``, ``line``); ``engine``
alone knows which library that is. Who may do one, the lease of the duty decides (``turns``), whoever was handed it: it
is counted before the work begins, renewed beside it, and who lost it saves nothing. It is done in the office of its
organisation (``offices``). A turn is one piece of the one story (``pieces``), then the duty goes to the end of the
line. ``hindrance`` says what keeps one from being begun, and ``outages`` that a whole vendor fails.
"""
