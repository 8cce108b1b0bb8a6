"""How the Superset of the compose project is set up; each value can be given in the environment."""

import os
from pathlib import Path

from superset.config import TALISMAN_CONFIG

home = Path(os.environ.get("SUPERSET_HOME", "/app/superset_home"))

# Passwords that Superset stores can be read with this key only. start.sh makes one that is kept.
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
# For more than a few readers, an address of PostgreSQL is better.
SQLALCHEMY_DATABASE_URI = os.environ.get("SUPERSET_DATABASE_URI") or f"sqlite:///{home / 'superset.db'}"

# Superset's pages ask for an image of a company that counts installations. With it out of the list, browsers do not.
policy = TALISMAN_CONFIG["content_security_policy"]
policy["img-src"] = [source for source in policy["img-src"] if "scarf.sh" not in source]
