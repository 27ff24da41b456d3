"""Where facts are kept: the protocols in ``api``, the databases in ``sql``."""
