"""Domains know each other by their front doors only; the floors stand in .importlinter."""

from __future__ import annotations

import configparser

import pytest
from sqlalchemy.orm import Mapper, RelationshipProperty, configure_mappers

from tests.support import source

OPEN = {"tables", "errors"}


def domain_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["src", "domain"] and len(parts) > 2 else None


def test_between_domains_only_the_front_door_is_used() -> None:
    graph = source.imports()
    climbed = []
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            mine, theirs = domain_of(importer), domain_of(imported)
            if mine is None or theirs is None or mine == theirs:
                continue
            inner = imported.split(".")[3:]
            # Each domain and each of its parts keeps its own demo rows; `domain/demo.py` puts
            # them together.
            is_demo = mine == "demo" and inner[-1:] == ["demo"]
            if inner and inner[0] not in OPEN and not is_demo:
                climbed.append(f"{importer} -> {imported}")
    assert climbed == [], "import the package, its tables or its errors"


def test_repositories_are_used_by_their_own_domain_only() -> None:
    graph = source.imports()
    strangers = [
        f"{importer} -> {repository}"
        for repository in sorted(graph.modules)
        if repository.endswith(".repository")
        for importer in sorted(graph.find_modules_that_directly_import(repository))
        if domain_of(importer) != domain_of(repository)
    ]
    assert strangers == [], "call a service: it knows who may see what"


def floors() -> dict[str, int]:
    contracts = configparser.ConfigParser()
    contracts.read(source.ROOT / ".importlinter")
    layers = contracts["importlinter:contract:domain"]["layers"].split("\n")
    names = [[part.strip(" ()") for part in layer.split("|")] for layer in layers if layer]
    return {name: len(names) - floor for floor, layer in enumerate(names) for name in layer}


def relationships() -> list[tuple[Mapper[object], RelationshipProperty[object]]]:
    from src.core.db import Table
    from src.domain import schema

    assert schema.metadata is Table.metadata
    configure_mappers()
    return [
        (mapper, relationship)
        for mapper in Table.registry.mappers
        for relationship in mapper.relationships
    ]


def test_no_relationship_loads_unasked() -> None:
    lazy = [
        f"{mapper.class_.__name__}.{relationship.key}: lazy={relationship.lazy!r}"
        for mapper, relationship in relationships()
        if relationship.lazy not in {"raise", "write_only"}
    ]
    assert lazy == []


def test_relationships_stay_inside_a_domain_or_point_down() -> None:
    floor = floors()
    upwards = []
    for mapper, relationship in relationships():
        mine = domain_of(mapper.class_.__module__)
        theirs = domain_of(relationship.mapper.class_.__module__)
        if mine and theirs and mine != theirs and floor[theirs] >= floor[mine]:
            upwards.append(f"{mapper.class_.__name__}.{relationship.key}")
    assert upwards == []


@pytest.mark.parametrize(("upper", "lower"), [("bookings", "resources"), ("schema", "accounts")])
def test_the_floors_are_read_as_the_house_orders_them(upper: str, lower: str) -> None:
    assert floors()[upper] > floors()[lower]
