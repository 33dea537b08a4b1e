"""Passwords and tokens, with the standard library alone."""

import hashlib
import hmac
import secrets

_SALT_BYTES = 16


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def hash_password(password: str) -> str:
    """Slow on purpose: call it in a thread."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{salt.hex()}${_scrypt(password, salt).hex()}"


def verify_password(password: str, hashed: str) -> bool:
    """Slow on purpose: call it in a thread."""
    salt, _, digest = hashed.partition("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), digest)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """What is stored of a token, so that a copy of the store opens no account."""
    return hashlib.sha256(token.encode()).hexdigest()
