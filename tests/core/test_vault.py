"""Secrets at rest: encrypted for one purpose, under keys that can be exchanged."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from src.core.settings import Settings
from src.core.vault import KeyLost, Vault, create_vault

OLD, NEW = "the key of last year: long enough", "the key of this year: long enough"


def test_a_new_key_encrypts_and_the_old_one_still_decrypts() -> None:
    before = Vault([OLD])
    stored = before.encrypt("totp:ada", "JBSWY3DPEHPK3PXP")
    ring = Vault([NEW, OLD])
    assert ring.decrypt("totp:ada", stored) == "JBSWY3DPEHPK3PXP"
    assert (before.is_current(stored), ring.is_current(stored)) == (True, False)
    renewed = ring.encrypt("totp:ada", ring.decrypt("totp:ada", stored))
    assert ring.is_current(renewed)
    assert Vault([NEW]).decrypt("totp:ada", renewed) == "JBSWY3DPEHPK3PXP"
    with pytest.raises(KeyLost, match="ALIQUOT_ENCRYPTION_KEYS"):
        Vault([NEW]).decrypt("totp:ada", stored)


def test_a_secret_cannot_be_moved_to_another_person_nor_altered() -> None:
    vault = Vault([NEW])
    stored = vault.encrypt("totp:ada", "JBSWY3DPEHPK3PXP")
    with pytest.raises(KeyLost):
        vault.decrypt("totp:bob", stored)
    with pytest.raises(KeyLost):
        vault.decrypt("totp:ada", f"{stored[:-6]}AAAA==")
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert stored != vault.encrypt("totp:ada", "JBSWY3DPEHPK3PXP")


def test_without_keys_of_its_own_the_vault_takes_the_secret_keys() -> None:
    stored = create_vault(Settings(secret_key=SecretStr(OLD))).encrypt("x", "y")
    ring = create_vault(Settings(secret_key=SecretStr(NEW), secret_keys_old=SecretStr(OLD)))
    assert ring.decrypt("x", stored) == "y"
    own = create_vault(Settings(encryption_keys=SecretStr(f"{NEW}, {OLD}")))
    assert own.is_current(Vault([NEW]).encrypt("x", "y"))
