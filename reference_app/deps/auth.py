from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from reference_app.deps.jobs import JobServiceDep
from reference_app.deps.tokens import TokenServiceDep
from reference_app.deps.users import UserServiceDep
from reference_app.models import Job, User

_bearer = HTTPBearer()


async def get_current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)],
    tokens: TokenServiceDep,
    users: UserServiceDep,
) -> User:
    """Validate the bearer token and return whose it is."""
    return await users.token_holder(await tokens.user_id(credentials.credentials))


CurrentUserDep = Annotated[User, Depends(get_current_user)]


async def get_job_and_verify_owner(job_id: UUID, user: CurrentUserDep, jobs: JobServiceDep) -> Job:
    """Return the job that the path names, if it is the current user's."""
    return await jobs.owned_job(job_id, user)


OwnedJobDep = Annotated[Job, Depends(get_job_and_verify_owner)]
