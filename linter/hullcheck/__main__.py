"""`python -I -m hullcheck`: how the Action and the hooks start it, so that the judged tree can't be imported."""

import sys

from hullcheck.cli import main

sys.exit(main())
