"""Assets are small, kept by browsers forever, and never stale."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from confsched.web.assets import ICONS, cut_sprite, load_assets
from tests.web.gallery import ROOT, create_gallery

NAMES = tuple(load_assets())
MAX_ALL_GZIPPED = 65_000  # of all pages; one page loads its own scripts only
A_YEAR = 365 * 24 * 3600


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_gallery().test_client()


def _address(client: FlaskClient, name: str) -> str:
    """Return the address that a page names; some scripts stand on one page only."""
    if name.endswith(".js") and name != "app.js":
        return f"/assets/{load_assets()[name].digest}/{name}"
    found = re.search(rf"/assets/[0-9a-f]+/{re.escape(name)}", client.get("/").text)
    assert found, f"the page names {name}"
    return found[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_asset_may_be_kept_forever_as_its_address_changes_with_it(client: FlaskClient, name: str) -> None:
    answer = client.get(_address(client, name))
    assert answer.status_code == 200
    assert answer.cache_control.immutable
    assert answer.cache_control.max_age == A_YEAR
    assert answer.data == load_assets()[name].body


def test_an_asset_comes_packed_when_accepted_under_an_etag_of_its_own(client: FlaskClient) -> None:
    address = _address(client, "app.css")
    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert not packed.headers["ETag"].startswith("W/")
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_browser_that_refuses_packed_bytes_gets_plain_ones(client: FlaskClient) -> None:
    answer = client.get(_address(client, "app.js"), headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in answer.headers


def test_an_unchanged_asset_is_answered_without_a_body(client: FlaskClient) -> None:
    address = _address(client, "icons.svg")
    etag = client.get(address).headers["ETag"]
    answer = client.get(address, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_a_page_from_before_an_update_is_led_to_the_present_file(client: FlaskClient) -> None:
    answer = client.get("/assets/0000000000000000/app.css")
    assert (answer.status_code, answer.location) == (302, _address(client, "app.css"))


def test_what_is_no_asset_is_not_found(client: FlaskClient) -> None:
    assert client.get("/assets/0000000000000000/secret.txt").status_code == 404


def test_the_favicon_is_found_where_browsers_look_unasked(client: FlaskClient) -> None:
    assert client.get("/favicon.ico", follow_redirects=True).mimetype == "image/svg+xml"


def test_all_assets_together_stay_small_on_the_wire() -> None:
    assert sum(len(asset.gzipped) for asset in load_assets().values()) < MAX_ALL_GZIPPED


def test_the_sprite_holds_every_icon_that_a_template_names() -> None:
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    named = set(re.findall(r"""icon\(["']([a-z0-9-]+)["']\)""", templates))
    assert named <= set(ICONS)
    sprite = load_assets()["icons.svg"].body.decode()
    assert all(f'id="{name}"' in sprite for name in ICONS)


def test_an_icon_that_the_package_lacks_stops_the_start() -> None:
    with pytest.raises(KeyError):
        cut_sprite('<svg><symbol id="bell"></symbol></svg>', ("no-such-icon",))
