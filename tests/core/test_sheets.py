"""Sheets: what may be asked, what is answered, and how a form reads and shows it."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.core import sheet_rows, sheets

SHEET: dict[str, Any] = {
    "type": "object",
    "required": ["sample", "power"],
    "properties": {
        "clean": {"type": "boolean", "title": "The stage is clean", "const": True, "x-order": 6},
        "power": {
            "type": "number",
            "title": "Laser power",
            "minimum": 0,
            "maximum": 100,
            "x-unit": "mW",
            "x-limits": {"low": 5, "high": 80},
            "x-order": 4,
        },
        "sample": {"type": "string", "title": "Sample", "maxLength": 10, "x-order": 1},
        "dye": {"type": "string", "enum": ["none", "DAPI"], "x-order": 2},
        "made_on": {"type": "string", "format": "date", "x-order": 3},
        "infectious": {"type": "boolean", "x-order": 5},
        "slides": {"type": "integer", "minimum": 1, "x-order": 7},
    },
}
SOUND = {"sample": "HeLa", "power": 12.5, "clean": True}


def test_fields_stand_in_their_order_with_their_kinds() -> None:
    sheets.require_schema(SHEET)
    assert [(each.name, each.kind) for each in sheets.fields(SHEET)] == [
        ("sample", "text"),
        ("dye", "choice"),
        ("made_on", "date"),
        ("power", "number"),
        ("infectious", "boolean"),
        ("clean", "confirm"),
        ("slides", "integer"),
    ]
    power = sheets.fields(SHEET)[3]
    assert (power.label, power.unit, power.hint) == ("Laser power", "mW", "From 0 to 100.")


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (SOUND, []),
        ({**SOUND, "power": 95}, []),
        ({}, ["sample:missing", "power:missing", "clean:missing"]),
        ({**SOUND, "clean": False}, ["clean:invalid"]),
        ({**SOUND, "sample": "much too long", "dye": "GFP"}, ["sample:invalid", "dye:invalid"]),
        ({**SOUND, "power": 100.5}, ["power:invalid"]),
        ({**SOUND, "power": True}, ["power:invalid"]),
        ({**SOUND, "power": float("nan")}, ["power:invalid"]),
        ({**SOUND, "made_on": "2026-02-30"}, ["made_on:invalid"]),
        ({**SOUND, "slides": 1.5}, ["slides:invalid"]),
        ({**SOUND, "sample": "a\x00"}, ["sample:invalid"]),
        ({**SOUND, "colour": "red"}, ["colour:unknown"]),
    ],
)
def test_every_fault_of_the_answers_is_told(answers: dict[str, Any], found: list[str]) -> None:
    assert [f"{each.name}:{each.code}" for each in sheets.check(SHEET, answers)] == found


def test_the_message_tells_the_numbers() -> None:
    (fault,) = sheets.check(SHEET, {**SOUND, "power": 101})
    assert fault.message == "Enter a number from 0 to 100."


def test_numbers_beyond_the_normal_are_flagged_but_kept() -> None:
    assert sheets.out_of_limits(SHEET, {**SOUND, "power": 4}) == ["power"]
    assert sheets.out_of_limits(SHEET, {**SOUND, "power": 5}) == []


def test_a_form_is_read_as_people_type() -> None:
    typed = {"sample": " HeLa ", "power": "12,5", "clean": "true", "infectious": "false",
             "slides": "3", "dye": "", "made_on": "2026-11-23"}  # fmt: skip
    answers = sheets.parse_form(SHEET, typed)
    assert answers == {"sample": "HeLa", "power": 12.5, "clean": True, "infectious": False,
                       "slides": 3, "made_on": "2026-11-23"}  # fmt: skip
    assert sheets.check(SHEET, answers) == []
    assert sheets.parse_form(SHEET, sheets.as_typed(SHEET, answers)) == answers
    assert ("Laser power", "12.5 mW") in sheets.as_read(SHEET, answers)


def test_what_cannot_be_read_is_refused_not_dropped() -> None:
    answers = sheets.parse_form(SHEET, {"sample": "x", "power": "a lot", "clean": "true"})
    assert [each.name for each in sheets.check(SHEET, answers)] == ["power"]


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "array"}, ("type",)),
        ({"properties": {"a": {"type": "object"}}}, ("properties", "a", "type")),
        ({"properties": {"a": {"type": "string", "minimum": 1}}}, ("properties", "a", "minimum")),
        ({"properties": {"A b": {"type": "string"}}}, ("properties", "A b")),
        ({"properties": {}, "required": ["a"]}, ("required",)),
        ({"properties": {"a": {"type": "string", "enum": []}}}, ("properties", "a", "enum")),
        (
            {"properties": {"a": {"type": "number", "minimum": 2, "maximum": 1}}},
            ("properties", "a", "maximum"),
        ),
        ({"properties": {"a": {"$ref": "#"}}}, ("properties", "a", "type")),
    ],
)
def test_what_no_form_could_show_is_no_sheet(
    schema: dict[str, Any], place: tuple[str, ...]
) -> None:
    with pytest.raises(sheets.SheetInvalid) as refused:
        sheets.require_schema(schema)
    assert [each.field for each in refused.value.errors] == [place]


_ANSWERS = st.one_of(
    st.text("aé\x00-", max_size=12),
    st.integers(-5, 200),
    st.floats(),
    st.booleans(),
    st.sampled_from(["DAPI"]),
)


@given(st.dictionaries(st.sampled_from([*SHEET["properties"], "other"]), _ANSWERS))
def test_what_passes_is_valid_json_schema(answers: dict[str, Any]) -> None:
    """Whoever reads a sheet with a library of JSON schema comes to no other end."""
    if not sheets.check(SHEET, answers):
        jsonschema.Draft202012Validator(
            SHEET, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(sheets.tidy(SHEET, answers))


def test_rows_of_an_editor_ask_the_same() -> None:
    rows = sheet_rows.rows_of(SHEET)
    again = sheet_rows.schema_of(rows, before=SHEET)
    assert again is not None
    sheets.require_schema(again)
    assert sheets.fields(again) == sheets.fields(SHEET)


def test_new_rows_are_named_by_their_labels() -> None:
    rows = [
        sheet_rows.Row("Größe (µm)", "number", minimum=0),
        sheet_rows.Row("Große", "text"),
        sheet_rows.Row("2. Färbung", "choice", choices=("ja", "nein")),
        sheet_rows.Row("試料", "text", is_required=True),
    ]
    schema = sheet_rows.schema_of(rows)
    assert schema is not None
    sheets.require_schema(schema)
    assert list(schema["properties"]) == ["groe_m", "groe", "field_2_farbung", "field"]
    assert schema["required"] == ["field"]
    assert sheet_rows.schema_of([]) is None
