"""JSON routes, one module per domain. Every domain adds its router here."""

from __future__ import annotations

from fastapi import APIRouter

from src.web.api import auth, health, me, problems

ROUTERS: list[APIRouter] = [health.router, problems.router, auth.router, me.router]
