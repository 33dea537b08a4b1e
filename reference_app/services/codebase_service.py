import asyncio
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models import IndexedFile

_WORD = re.compile(r"[A-Za-z]{4,}")


def words_of(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


class CodebaseService:
    """The index of the source files that problem reports are compared with."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def build(self, root: Path) -> int:
        """Index every file anew; return how many there are."""
        await self._db.execute(delete(IndexedFile))
        return await self.update(root)

    async def update(self, root: Path) -> int:
        """Index what is new or has changed, forget what is gone; return how many files that were."""
        found = {file.path: file for file in await asyncio.to_thread(lambda: list(_read(root)))}
        known = {file.path: file for file in await self._db.scalars(select(IndexedFile))}
        changed = [file for path, file in found.items() if path not in known or known[path].digest != file.digest]
        gone = [file for path, file in known.items() if path not in found]
        for file in changed:
            await self._db.merge(file)
        for file in gone:
            await self._db.delete(file)
        await self._db.commit()
        return len(changed) + len(gone)


def _read(root: Path) -> Iterator[IndexedFile]:
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        yield IndexedFile(
            path=path.relative_to(root).as_posix(),
            digest=hashlib.sha256(content).hexdigest(),
            words=sorted(words_of(content.decode(errors="replace"))),
        )
