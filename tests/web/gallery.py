"""An app of the tests' own that shows every part of the pages once, with invented content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from confsched.clock import to_instant
from confsched.domain.intervals import Span
from confsched.errors import Message, msg
from confsched.i18n import translate
from confsched.web.assets import register_assets
from confsched.web.languages import register_languages
from confsched.web.security import CONTENT_SECURITY_POLICY

ROOT = Path(__file__).parents[2]
ZONE = "Europe/Berlin"
DAY = date(2026, 11, 26)
NOW = to_instant(DAY, time(14, 32), ZONE)
SENTENCE = msg("Somebody else was faster. Open the page again to see how things stand.")


TOO_LONG = Length(max=5, message="Höchstens 5 Zeichen.")
PLACES = [SelectChoice("video", "Video"), SelectChoice("site", "Vor Ort"), SelectChoice("phone", "Telefon")]


class Findings(FlaskForm):  # type: ignore[misc]
    """Speak of what is wrong as the forms of the pages do."""

    @property
    def findings(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(field_id=field.id, label=field.label.text, text=text)
            for field in self
            for text in field.errors
        ]


class LoginForm(Findings):
    email = EmailField("Mail address", [InputRequired("Type your mail address.")])
    password = PasswordField("Password", [InputRequired("Type your password.")])


class QuestionForm(Findings):
    service = SelectField("Leistung", choices=[SelectChoice("epi", "Epileptologie, 30 Minuten")])
    question = StringField("Frage", [TOO_LONG], description="Ohne Namen.")
    place = RadioField("Ort", choices=PLACES, default="video")
    remind = BooleanField("Am Vortag erinnern", description="Per Mail.")


def create_gallery(language: str = "de") -> Flask:
    """Return the app; every page of it runs under the policy of the real one."""
    app = Flask("gallery", root_path=str(ROOT), static_folder=None)
    app.config.update(SECRET_KEY="gallery", TESTING=True)
    CSRFProtect(app)
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(Path(__file__).parent)]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["_"] = _sentence_in(language)
    register_assets(app)
    register_languages(app, lambda: language, lambda: ZONE)
    app.context_processor(lambda: _frame(language))
    _add_pages(app)
    app.after_request(_with_policy)
    return app


def _sentence_in(language: str) -> Callable[..., str]:
    def sentence(text: str | Message, **values: object) -> str:
        return translate(text if isinstance(text, Message) else msg(str(text), **values), language)

    return sentence


def _with_policy(answer: Any) -> Any:
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return answer


def _frame(language: str) -> dict[str, Any]:
    is_visitor = "visitor" in request.args
    labels = ("Today", "Consults", "Conferences", "Rosters", "Network")
    links = [SimpleNamespace(url="#", label=label, is_current=label == "Consults") for label in labels]
    return {
        "language": language,
        "theme": request.args.get("theme"),
        "zone": ZONE,
        "actor": None if is_visitor else SimpleNamespace(name="J. Marquardt"),
        "navigation": [] if is_visitor else links,
        "settings_navigation": [SimpleNamespace(url="#", label="Calendar feeds", is_current=False)],
        "site_name": None if is_visitor else "Krankenhaus Moorfeld",
        "search_url": None if is_visitor else "/search",
        "engine_is_late": "late" in request.args,
        "current_path": request.path,
        "emergency_phone": "030 23125-100",
        "emergency_phone_href": "tel:+493023125100",
    }


def _add_pages(app: Flask) -> None:
    for path, endpoint in (
        ("/language", "accounts.choose_language"),
        ("/theme", "accounts.choose_theme"),
        ("/logout", "accounts.sign_out"),
        ("/holds", "hold"),
    ):
        app.add_url_rule(path, endpoint, _done, methods=["POST"])
    app.add_url_rule("/", "parts", _parts, methods=["GET", "POST"])
    app.add_url_rule("/login", "login", _login, methods=["GET", "POST"])
    app.add_url_rule("/errors/<int:status>", "error", _error)


def _done() -> ResponseReturnValue:
    return "done"


def _login() -> ResponseReturnValue:
    form = LoginForm()
    form.validate_on_submit()
    has_ended = "ended" in request.args
    return render_template("accounts/login.html", form=form, has_ended=has_ended, is_called=has_ended)


def _error(status: int) -> ResponseReturnValue:
    values = {"status": status, "sentence": SENTENCE, "request_id": "req-7Q2M" if status == 500 else ""}
    names = [f"errors/{status}.html", "errors/error.html"]
    return make_response(render_template(names, **values, days=offered_days(), back_url="/"), status)


def _parts() -> ResponseReturnValue:
    form = QuestionForm()
    form.validate_on_submit()
    if "flash" in request.args:
        flash("Diensttausch angenommen.", "ok")
        flash("Der Kalender von Dr. Lenz schweigt.", "warn")
    return render_template(
        "gallery.html",
        form=form,
        window=at(8, 18),
        whole_day=at(0, 24),
        groups=groups(),
        best=[at(13, 13.75), at(16, 16.75)],
        ticks=[(at(hour, 24).starts_at, f"{hour:02d}") for hour in range(8, 18)],
        day_ticks=[(at(hour, 24).starts_at, f"{hour:02d}") for hour in (0, 6, 12, 18)],
        day_spans=day_spans(),
        days=offered_days(),
        now=NOW,
        timedelta=timedelta,
    )


def at(first: float, last: float) -> Span:
    """Return a span of the day in hours of its clock."""
    start = to_instant(DAY, time.min, ZONE)
    return Span(start + timedelta(hours=first), start + timedelta(hours=last))


def _stretch(state: str, first: float, last: float, said: str, text: str = "") -> SimpleNamespace:
    span = at(first, last)
    return SimpleNamespace(starts_at=span.starts_at, ends_at=span.ends_at, state=state, said=said, text=text)


def day_spans() -> list[SimpleNamespace]:
    return [
        _stretch("next", 0, 6, "00–06 Team Kolb", "Team Kolb"),
        _stretch("gap", 6, 12, "06–12 Lücke", "Lücke"),
        _stretch("on", 12, 17, "12–17 Voss", "Voss"),
        _stretch("unknown", 17, 24, "17–24 unbekannt"),
    ]


def groups() -> list[dict[str, Any]]:
    demirbas = [
        _stretch("busy", 7, 9.5, "belegt 08:00–09:30", "Befundung"),
        _stretch("free", 9.5, 11, "frei 09:30–11:00"),
        _stretch("busy", 11, 13, "belegt 11:00–13:00", "Demo Innere"),
        _stretch("free", 13, 18, "frei 13:00–18:00"),
    ]
    kranz = [
        _stretch("absent", 8, 12, "abwesend 08:00–12:00", "frei nach Nacht"),
        _stretch("free", 12, 18, "frei"),
    ]
    lenz = [_stretch("unknown", 8, 18, "unbekannt 08:00–18:00", "unbekannt")]
    return [
        {
            "name": "Radiologie",
            "note": "1 von 2",
            "lamp": ("13:00 erfüllt", "ok"),
            "people": [
                {"name": "PD Dr. Aylin Demirbas", "sub": "Kalender, vor 2 Min", "spans": demirbas},
                {"name": "Dr. Simon Kranz", "sub": "Dienstplan", "spans": kranz},
            ],
        },
        {
            "name": "Gast",
            "lamp": ("unbekannt", "unknown"),
            "people": [{"name": "Dr. Ines Lenz", "spans": lenz}],
        },
    ]


def offered_days() -> list[dict[str, Any]]:
    """Return five days, one of them without an offer."""

    def offered(hours: str, who: str, reason: str, state: str | None = None) -> dict[str, Any]:
        return {"slot": {"hours": hours, "who": who, "action": "/holds"}, "reason": reason, "state": state}

    return [
        {"label": "Mi 25.11.", "offers": []},
        {
            "label": "Do 26.11.",
            "offers": [
                offered(
                    "14:00–14:30",
                    "Okafor, Petzold",
                    "Früheste Zeit mit allen. Okafor kennt den Fall.",
                    "held",
                ),
                offered("15:15–15:45", "Okafor, Petzold", "Alle bestätigt frei."),
            ],
        },
        {
            "label": "Fr 27.11.",
            "offers": [offered("09:00–09:30", "Ahrend, Petzold", "Ahrend war seltener dran.")],
        },
        {
            "label": "Mo 30.11.",
            "offers": [offered("10:00–10:30", "Okafor, Lenz", "Lenz unbekannt.", "unknown")],
        },
        {"label": "Di 01.12.", "offers": [offered("08:30–09:00", "Okafor, Petzold", "Alle bestätigt frei.")]},
    ]
