"""What is wrong with a shape, in the reader's language: Pydantic itself speaks English alone.

Texts by the code of the fault; their values are what Pydantic tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from src.core import language
from src.core.language import gettext, mark

TEXTS = {
    "missing": mark("Field required"),
    "extra_forbidden": mark("Extra inputs are not permitted"),
    "json_invalid": mark("The JSON is not valid"),
    "none_required": mark("Input should be null"),
    "model_type": mark("Input should be an object"),
    "model_attributes_type": mark("Input should be an object"),
    "dict_type": mark("Input should be an object"),
    "list_type": mark("Input should be a list"),
    "tuple_type": mark("Input should be a list"),
    "too_short": mark("The list should have at least %(min_length)s items, not %(actual_length)s"),
    "too_long": mark("The list should have at most %(max_length)s items, not %(actual_length)s"),
    "string_type": mark("Input should be text"),
    "string_unicode": mark("Input should be text"),
    "string_too_short": mark("Characters needed: at least %(min_length)s"),
    "string_too_long": mark("Characters allowed: at most %(max_length)s"),
    "string_pattern_mismatch": mark("The text should match the pattern %(pattern)s"),
    "int_type": mark("Input should be a whole number"),
    "int_parsing": mark("Input should be a whole number"),
    "int_parsing_size": mark("Input should be a whole number of fewer digits"),
    "int_from_float": mark("Input should be a whole number"),
    "float_type": mark("Input should be a number"),
    "float_parsing": mark("Input should be a number"),
    "finite_number": mark("Input should be a finite number"),
    "greater_than": mark("Input should be greater than %(gt)s"),
    "greater_than_equal": mark("Input should be %(ge)s or more"),
    "less_than": mark("Input should be less than %(lt)s"),
    "less_than_equal": mark("Input should be %(le)s or less"),
    "bool_type": mark("Input should be true or false"),
    "bool_parsing": mark("Input should be true or false"),
    "enum": mark("Input should be one of %(expected)s"),
    "literal_error": mark("Input should be one of %(expected)s"),
    "union_tag_invalid": mark("Input should be one of %(expected_tags)s"),
    "union_tag_not_found": mark("The field %(discriminator)s is needed to tell what it is"),
    "uuid_type": mark("Input should be an id (UUID)"),
    "uuid_parsing": mark("Input should be an id (UUID)"),
    "date_type": mark("Input should be a date such as 2026-11-23"),
    "date_parsing": mark("Input should be a date such as 2026-11-23"),
    "date_from_datetime_parsing": mark("Input should be a date such as 2026-11-23"),
    "date_from_datetime_inexact": mark("Input should be a date such as 2026-11-23"),
    "datetime_type": mark("Input should be a time such as 2026-11-23T09:00:00Z"),
    "datetime_parsing": mark("Input should be a time such as 2026-11-23T09:00:00Z"),
    "datetime_from_date_parsing": mark("Input should be a time such as 2026-11-23T09:00:00Z"),
    "unknown_action": mark("The action should be create, update or cancel"),
    "timezone_aware": mark("The time should have an offset, as in 2026-11-23T09:00:00Z"),
}
_LONGEST = 300


def sentence(code: str, message: str, values: Mapping[str, object]) -> str:
    """The fault as a sentence: Pydantic's own words in English, ours in other languages."""
    text = TEXTS.get(code)
    if text is not None and language.reader().locale != language.BASE:
        try:
            message = gettext(text, **values)
        except KeyError:  # a shape's own fault may have another's code, without its values
            message = gettext(message)
    message = message.removeprefix("Value error, ").rstrip(".")
    return message[:1].upper() + message[1:_LONGEST] + "."
