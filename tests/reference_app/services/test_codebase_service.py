import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.config import Settings
from reference_app.models import IndexedFile
from reference_app.services.codebase_service import CodebaseService

pytestmark = pytest.mark.anyio


async def test_only_what_changed_is_indexed_anew(db: AsyncSession, settings: Settings) -> None:
    root = settings.codebase_root
    root.mkdir()
    (root / "kept.py").write_text("unchanged = 1")
    (root / "edited.py").write_text("before = 1")
    (root / "removed.py").write_text("")
    service = CodebaseService(db)

    assert await service.build(root) == 3
    assert await service.update(root) == 0
    (root / "edited.py").write_text("afterwards = 2")
    (root / "removed.py").unlink()
    assert await service.update(root) == 2

    files = await db.scalars(select(IndexedFile).order_by(IndexedFile.path))
    assert [(file.path, file.words) for file in files] == [("edited.py", ["afterwards"]), ("kept.py", ["unchanged"])]
