from fastapi import APIRouter, Depends, status

from reference_app.deps import CurrentUserDep, TokenServiceDep, UserServiceDep
from reference_app.deps.limits import limit_signups
from reference_app.models import CreateUserRequest, TokenRequest, TokenResponse, User, UserResponse

router = APIRouter(tags=["users"])


@router.post(
    "/users",
    status_code=status.HTTP_201_CREATED,
    response_model=UserResponse,
    dependencies=[Depends(limit_signups)],
)
async def create_user(body: CreateUserRequest, users: UserServiceDep) -> User:
    return await users.create_user(body)


@router.get("/users/me", response_model=UserResponse)
async def current_user(user: CurrentUserDep) -> User:
    return user


@router.post("/tokens", status_code=status.HTTP_201_CREATED, dependencies=[Depends(limit_signups)])
async def create_token(body: TokenRequest, users: UserServiceDep, tokens: TokenServiceDep) -> TokenResponse:
    """Exchange an e-mail address and password for a bearer token."""
    user = await users.authenticate(body)
    return TokenResponse(access_token=await tokens.issue(user))
