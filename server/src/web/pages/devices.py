"""What a browser calls itself, in words."""

from __future__ import annotations

from src.domain import accounts

device_name = accounts.agents.device_name
