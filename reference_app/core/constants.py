"""Values that are the same in every environment; what differs between environments is in `config`."""

from datetime import timedelta
from typing import Final

TOKEN_LIFETIME: Final = timedelta(days=7)
SIGNUP_WINDOW: Final = timedelta(minutes=1)

STUCK_AFTER: Final = timedelta(minutes=10)
MAX_ATTEMPTS: Final = 3
KEEP_FINISHED_FOR: Final = timedelta(days=90)

SUSPECTS_SHOWN: Final = 3
LABELS: Final = (
    ("security", ("leak", "password", "injection", "token", "permission")),
    ("crash", ("crash", "traceback", "exception", "segfault", "error")),
    ("performance", ("slow", "timeout", "memory", "hangs", "latency")),
)
OTHER_LABEL: Final = "question"

REQUEST_ID_HEADER: Final = "X-Request-ID"
