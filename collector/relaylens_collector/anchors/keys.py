"""The key that signs anchors: Ed25519, made at the first start, readable by its owner alone."""

import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from relaylens_collector.errors import AnchorKeyError
from relaylens_collector.journal.segments import sync_directory

PRIVATE_KEY_FILE: Final = "anchor-key.pem"
PUBLIC_KEY_FILE: Final = "anchor-public-key.pem"

_NAME_BYTES: Final = 8


def load_or_make(path: Path) -> Ed25519PrivateKey:
    """Read the private key, or make one where there is none; raises AnchorKeyError when the file cannot be used."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        return _make(path)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        detail = f"{path}: {error}"
        raise AnchorKeyError(detail) from error
    if not isinstance(key, Ed25519PrivateKey):
        detail = f"{path} holds a key of another kind than Ed25519."
        raise AnchorKeyError(detail)
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """Read a public key; raises AnchorKeyError when the file cannot be used."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        detail = f"{path}: {error}"
        raise AnchorKeyError(detail) from error
    if not isinstance(key, Ed25519PublicKey):
        detail = f"{path} holds a key of another kind than Ed25519."
        raise AnchorKeyError(detail)
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return the public key as it is given to others."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def name_of(key: Ed25519PublicKey) -> str:
    """Return a short name for a key: the beginning of the SHA-256 of its 32 bytes, in hex."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[: 2 * _NAME_BYTES]


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
    except OSError as error:
        detail = f"{path}: {error.strerror}."
        raise AnchorKeyError(detail) from error
    return key
