from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Identified

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
Password = Annotated[SecretStr, Field(min_length=8, max_length=128)]


class User(Identified):
    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    hashed_password: Mapped[str]


class CreateUserRequest(BaseModel):
    email: Email
    full_name: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    full_name: str
    created_at: datetime


class TokenRequest(BaseModel):
    email: Email
    password: Password


class TokenResponse(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
