"""What is foreign answers like what does not exist, for everybody and each route.

Generated from the routes of the app, so a page of tomorrow is held to the same rules on its first day.
"""

from __future__ import annotations

import pytest

from confsched.domain.permissions import Function
from tests.support.access import (
    Record,
    Stage,
    ask,
    includes,
    may_have,
)
from tests.support.matrix import UNKNOWN, list_routes, without_marks


@pytest.mark.parametrize("function", list(Function))
def test_what_is_foreign_answers_like_what_does_not_exist_to_the_byte(
    stage: Stage, function: Function, record_property: Record
) -> None:
    objects, client, wrong, count = stage.objects(function), stage.client(function), [], 0
    for route in list_routes(stage.app):
        if not route.argument or not includes(stage.app, route, function):
            continue
        unknown = without_marks(ask(client, stage, route, UNKNOWN))
        for whose in ("house", "partner", "foreign"):
            if may_have(route, function, whose):
                continue
            count += 1
            if without_marks(ask(client, stage, route, objects[whose][route.argument])) != unknown:
                wrong.append((route.endpoint, route.method, whose))
    assert wrong == []
    record_property("figure", f"{function}: {count} answers for foreign rows equal to the byte")
