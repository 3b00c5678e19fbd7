from __future__ import annotations

import pytest

from src.tasks.queue import RingSerializer

OLD, NEW = "o" * 32, "n" * 32


def test_a_hint_signed_before_the_key_was_exchanged_is_still_believed() -> None:
    waiting = RingSerializer([OLD]).serialize(["deliver", 7])
    ring = RingSerializer([NEW, OLD])
    assert ring.deserialize(waiting) == ["deliver", 7]
    assert RingSerializer([NEW]).deserialize(ring.serialize(8)) == 8
    for stranger in (waiting[:-1] + b"0", RingSerializer(["x" * 32]).serialize(9), b"none"):
        with pytest.raises(ValueError, match=r"Signature|Separator"):
            ring.deserialize(stranger)
