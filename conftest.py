"""What every test of the repository gets, the host's and the plugins' alike."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.postgres", "tests.fakes.stores"]

# In the project's own check the same examples run each time; at a developer's desk new ones are tried.
settings.register_profile("desk", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("check", settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("check" if os.environ.get("CI") else "desk")
