from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.config import Settings
from reference_app.core.errors import Conflict, Unauthorized
from reference_app.models import CreateUserRequest, TokenRequest, User
from reference_app.services.email_service import EmailService
from reference_app.services.user_service import UserService

pytestmark = pytest.mark.anyio


@pytest.fixture
def users(db: AsyncSession, settings: Settings) -> UserService:
    return UserService(db, EmailService(settings.email_outbox))


@pytest.fixture
async def ann(users: UserService) -> User:
    """Ann with a password, which costs time to hash."""
    request = CreateUserRequest(email="ann@example.com", full_name="Ann", password=SecretStr("correct horse"))
    return await users.create_user(request)


async def test_a_new_user_gets_a_welcome_message(users: UserService, settings: Settings) -> None:
    request = CreateUserRequest(email=" Ann@Example.com ", full_name="Ann", password=SecretStr("correct horse"))

    user = await users.create_user(request)

    assert user.email == "ann@example.com"
    message = (settings.email_outbox / f"welcome-{user.id}.eml").read_text()
    assert "To: ann@example.com" in message
    assert "Hello Ann," in message


async def test_an_address_has_one_account(users: UserService, ann: User) -> None:
    request = CreateUserRequest(email=ann.email, full_name="Another Ann", password=SecretStr("battery staple"))

    with pytest.raises(Conflict, match=r"ann@example\.com has an account already"):
        await users.create_user(request)


async def test_the_password_is_not_stored_and_opens_the_account(users: UserService, ann: User) -> None:
    assert "correct horse" not in ann.hashed_password

    user = await users.authenticate(TokenRequest(email=ann.email, password=SecretStr("correct horse")))

    assert user.id == ann.id


@pytest.mark.parametrize(
    ("email", "password"), [("ann@example.com", "wrong password"), ("nobody@example.com", "correct horse")]
)
async def test_nothing_else_opens_the_account(users: UserService, ann: User, email: str, password: str) -> None:
    with pytest.raises(Unauthorized, match="wrong e-mail address or password"):
        await users.authenticate(TokenRequest(email=email, password=SecretStr(password)))


async def test_an_account_is_kept_when_its_welcome_message_cannot_be_written(
    users: UserService, db: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(path: Path, content: bytes) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_is_full)
    request = CreateUserRequest(email="ann@example.com", full_name="Ann", password=SecretStr("correct horse"))

    with pytest.raises(OSError, match="no space left"):
        await users.create_user(request)

    assert await db.scalar(select(User.full_name)) == "Ann"
