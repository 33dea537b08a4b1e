import asyncio
from email.message import EmailMessage
from pathlib import Path

from reference_app.models import User


class EmailService:
    """Leaves messages in a folder, from which a mail relay (or a curious developer) takes them."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def send_welcome_email(self, user: User) -> None:
        message = EmailMessage()
        message["From"] = "triage@example.com"
        message["To"] = user.email
        message["Subject"] = "Welcome"
        message.set_content(f"Hello {user.full_name},\n\nyour account is ready.\n")
        await asyncio.to_thread(self._write, f"welcome-{user.id}.eml", bytes(message))

    def _write(self, name: str, content: bytes) -> None:
        self._outbox.mkdir(parents=True, exist_ok=True)
        (self._outbox / name).write_bytes(content)
