"""The way through the application shows what a person may use, and nothing that is not there."""

from __future__ import annotations

import pytest
from flask import Flask

from confsched.domain.permissions import Permission
from confsched.errors import msg
from confsched.web import navigation
from confsched.web.policies import needs
from tests.support.web import SignIn
from tests.world import World


@pytest.fixture
def app(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    entries = (
        ("/open-page/", msg("Open")),
        ("/audit-page", msg("Trail")),
        ("/missing-page/", msg("Missing")),
    )
    monkeypatch.setattr(navigation, "MAIN", entries)
    app = fresh_app
    app.add_url_rule("/open-page/", "open.index", needs(Permission.USE)(lambda: "open"))
    app.add_url_rule("/audit-page", "trail.index", needs(Permission.SEE_AUDIT)(lambda: "trail"))
    navigation.register_navigation(app)
    return app


def _urls(app: Flask, world: World, name: str) -> list[str]:
    with app.test_request_context("/"):
        return [link.url for link in navigation.main_links(world.actor(getattr(world, name)))]


def test_only_pages_that_exist_and_that_the_function_includes_are_shown(app: Flask, world: World) -> None:
    assert _urls(app, world, "requester") == ["/open-page/"]
    assert _urls(app, world, "auditor") == ["/open-page/", "/audit-page"]


def test_a_visitor_has_no_navigation(app: Flask) -> None:
    with app.test_request_context("/"):
        assert navigation.main_links(None) == navigation.settings_links(None) == []


def test_the_present_part_of_the_application_is_marked(app: Flask, world: World) -> None:
    with app.test_request_context("/"):
        links = navigation.main_links(world.actor(world.auditor))
    assert not any(link.is_current for link in links)


def test_the_links_stand_on_the_page(app: Flask, world: World, sign_in: SignIn) -> None:
    client = app.test_client()
    sign_in(client, world.requester)
    page = client.get("/nowhere").text
    assert 'href="/open-page/"' in page
    assert "/audit-page" not in page
    assert "/missing-page/" not in page
