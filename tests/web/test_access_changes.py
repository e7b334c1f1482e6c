"""Every change, for everybody, with an own object, a colleague's, a partner's, a stranger's and none at all.

Generated from the routes of the app, so a page of tomorrow is held to the same rules on its first day.
"""

from __future__ import annotations

from collections import Counter

import pytest

from confsched.domain.permissions import Function
from tests.support.access import (
    WITHOUT_TOKEN,
    Record,
    Stage,
    ask,
    cases,
    is_expected,
    words,
)
from tests.support.matrix import UNKNOWN


@pytest.mark.parametrize("function", list(Function))
def test_every_change_is_refused_to_whom_it_is_not_meant_for_and_then_changes_nothing(
    stage: Stage, function: Function, record_property: Record
) -> None:
    statuses = Counter[int]()
    wrong: list[object] = []
    client, objects = stage.client(function), stage.objects(function)
    stage.watch.keep()
    before, cookies = stage.watch.picture(), dict(client._cookies or {})
    for route, whose in cases(stage.app, "POST", function):
        answer = ask(client, stage, route, objects.get(whose or "", {}).get(route.argument or "", UNKNOWN))
        statuses[answer.status_code] += 1
        if not is_expected(stage.app, route, function, whose, answer.status_code):
            wrong.append((route.endpoint, whose, answer.status_code))
        has_written = stage.watch.picture() != before
        if has_written and answer.status_code >= 400:
            wrong.append((route.endpoint, whose, "has written"))
        if has_written:
            stage.watch.restore()
            client._cookies = dict(cookies)  # one of the changes is to sign out
    assert wrong == []
    record_property("figure", f"{function}: {statuses.total()} changes asked for, {words(statuses)}")


@pytest.mark.parametrize("function", list(Function))
def test_no_change_is_made_without_a_form_token(stage: Stage, function: Function) -> None:
    objects, client = stage.objects(function), stage.client(function)
    before, wrong = stage.watch.picture(), []
    for route, whose in cases(stage.app, "POST", function):
        row_id = objects.get(whose or "", {}).get(route.argument or "", UNKNOWN)
        answer = client.open(route.path(stage.app, row_id), method="POST")
        if answer.status_code != WITHOUT_TOKEN.get(route.endpoint, 400):
            wrong.append((route.endpoint, whose, answer.status_code))
    assert wrong == []
    assert stage.watch.picture() == before
