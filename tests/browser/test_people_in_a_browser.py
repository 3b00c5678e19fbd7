"""People and settings at a real browser: a table is previewed and taken over, settings are saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Desk, Opened

pytestmark = pytest.mark.browser
TABLE = "email;name;roles\nnora@example.org;Nora New;technician\nnobody;X;wizard\n"


def _choose(desk: Desk, table: str) -> None:
    page = desk.go("/people/imports")
    payload = FilePayload(name="people.csv", mimeType="text/csv", buffer=table.encode())
    page.get_by_label("Table").set_input_files(payload)
    page.get_by_role("button", name="See what it would do").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What the table would do")


def test_a_table_is_previewed_its_wrong_rows_left_out_and_the_rest_taken_over(
    sit_down: Opened,
) -> None:
    desk = sit_down("admin")
    _choose(desk, TABLE)
    page = desk.page
    expect(page.get_by_text("There is no role wizard.")).to_be_visible()
    expect(page.get_by_role("row", name="Nora New")).to_contain_text("New")
    page.get_by_label("Leave out the rows that are wrong").press("Space")
    page.get_by_role("button", name="Import 1 person").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Imported")
    page.get_by_role("link", name="To the people").press("Enter")
    page.get_by_role("link", name="Nora New").press("Enter")
    expect(page.get_by_text("Technician")).to_be_visible()


def test_settings_are_saved_by_keyboard_and_a_fault_stands_at_its_field(sit_down: Opened) -> None:
    desk = sit_down("admin")
    page = desk.go("/settings")
    page.get_by_label("Currency").fill("12")
    page.get_by_label("Currency").press("Enter")
    expect(page.locator("#currency-fault-1")).to_be_visible()
    page.get_by_label("Currency").fill("CHF")
    page.get_by_label("Currency").press("Enter")
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    expect(page.get_by_label("Currency")).to_have_value("CHF")
