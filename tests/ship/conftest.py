"""Each overlay rendered, once for all tests."""

from __future__ import annotations

import pytest

from tests.ship import cluster
from tests.ship.cluster import COMPONENTS, MANIFESTS, VARIANTS, Cluster


@pytest.fixture(scope="session", params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    """An overlay, or one with every component."""
    return str(request.param)


@pytest.fixture(scope="session")
def made(variant: str, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The overlay rendered."""
    overlay, _, extended = variant.partition(" ")
    if not extended:
        return cluster.render(MANIFESTS / "overlays" / overlay)
    return cluster.render_with_components(overlay, COMPONENTS, tmp_path_factory.mktemp("overlay"))
