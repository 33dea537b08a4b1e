from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Base


class IndexedFile(Base):
    """The words of one source file, as of the version that `digest` identifies."""

    __tablename__ = "indexed_files"

    path: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    words: Mapped[list[str]] = mapped_column(JSON)
