from typing import Annotated

from fastapi import Depends

from reference_app.deps.db import DbSessionDep
from reference_app.deps.settings import SettingsDep
from reference_app.services.email_service import EmailService
from reference_app.services.user_service import UserService


async def get_user_service(db: DbSessionDep, settings: SettingsDep) -> UserService:
    return UserService(db, EmailService(settings.email_outbox))


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
