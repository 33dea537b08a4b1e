import asyncio
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.errors import Conflict, Unauthorized
from reference_app.core.security import hash_password, verify_password
from reference_app.models import CreateUserRequest, TokenRequest, User
from reference_app.services.email_service import EmailService


class UserService:
    def __init__(self, db: AsyncSession, emails: EmailService) -> None:
        self._db = db
        self._emails = emails

    async def create_user(self, request: CreateUserRequest) -> User:
        """Create a user and send the welcome message.

        Raises:
            Conflict: The e-mail address is taken.
        """
        hashed = await asyncio.to_thread(hash_password, request.password.get_secret_value())
        user = User(email=request.email, full_name=request.full_name, hashed_password=hashed)
        self._db.add(user)
        try:
            await self._db.commit()
        except IntegrityError as error:
            await self._db.rollback()
            raise Conflict(f"{request.email} has an account already") from error
        await self._emails.send_welcome_email(user)
        return user

    async def authenticate(self, request: TokenRequest) -> User:
        """Return the user whose address and password these are.

        Raises:
            Unauthorized: They are nobody's; which of the two is wrong is not told.
        """
        user = await self._db.scalar(select(User).where(User.email == request.email))
        password = request.password.get_secret_value()
        if user is None or not await asyncio.to_thread(verify_password, password, user.hashed_password):
            raise Unauthorized("wrong e-mail address or password")
        return user

    async def token_holder(self, user_id: UUID) -> User:
        """Return the user that a token was given to.

        Raises:
            Unauthorized: The account is gone, the token not yet.
        """
        user = await self._db.get(User, user_id)
        if user is None:
            raise Unauthorized("no such account")
        return user
