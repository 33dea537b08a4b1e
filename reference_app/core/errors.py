"""What services refuse to do. Each entry point translates these once: HTTP status, exit status, failed task.

Refused
├── Missing        there is no such thing, or not for this user
├── Conflict       it exists already
└── Unauthorized   wrong e-mail address, password or token
"""


class Refused(Exception):  # noqa: N818 - named for what happened
    """The request was understood and cannot be fulfilled; the message may be shown to whoever asked."""


class Missing(Refused):
    pass


class Conflict(Refused):
    pass


class Unauthorized(Refused):
    pass
