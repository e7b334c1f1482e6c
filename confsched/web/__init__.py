"""Pages for people: one blueprint per capability, templates of the same name."""

from __future__ import annotations

from flask import Flask

from confsched.web.absence_imports import blueprint as absence_imports
from confsched.web.absences import blueprint as absences
from confsched.web.accounts import accounts
from confsched.web.agenda import blueprint as agenda
from confsched.web.alerts import blueprint as alerts
from confsched.web.back_entry import blueprint as back_entry
from confsched.web.bookings import blueprint as bookings
from confsched.web.busy_calendars import blueprint as busy_calendars
from confsched.web.case_desk import blueprint as case_desk
from confsched.web.cases import blueprint as cases
from confsched.web.check_in import blueprint as check_in
from confsched.web.cme import blueprint as cme
from confsched.web.conference_desk import blueprint as conference_desk
from confsched.web.conference_details import blueprint as conference_details
from confsched.web.conference_needs import blueprint as conference_needs
from confsched.web.conference_run import blueprint as conference_run
from confsched.web.conferences import blueprint as conferences
from confsched.web.consult_reports import blueprint as consult_reports
from confsched.web.consult_times import blueprint as consult_times
from confsched.web.consults import blueprint as consults
from confsched.web.contact_points import blueprint as contact_points
from confsched.web.coverage import blueprint as coverage
from confsched.web.deliveries import blueprint as deliveries
from confsched.web.downtime import blueprint as downtime
from confsched.web.duty_board import blueprint as duty_board
from confsched.web.duty_codes import blueprint as duty_codes
from confsched.web.duty_rosters import blueprint as duty_rosters
from confsched.web.duty_rules import blueprint as duty_rules
from confsched.web.fairness import blueprint as fairness
from confsched.web.feeds import blueprint as feeds
from confsched.web.figures import blueprint as figures
from confsched.web.follow_ups import blueprint as follow_ups
from confsched.web.gateways import blueprint as gateways
from confsched.web.guest_pages import blueprint as guest_pages
from confsched.web.guests import blueprint as guests
from confsched.web.help import blueprint as help_pages
from confsched.web.ladders import blueprint as ladders
from confsched.web.link_tests import blueprint as link_tests
from confsched.web.minutes import blueprint as minutes
from confsched.web.missions import blueprint as missions
from confsched.web.partners import blueprint as partners
from confsched.web.poll_votes import blueprint as poll_votes
from confsched.web.polls import blueprint as polls
from confsched.web.proof import blueprint as proof
from confsched.web.push import blueprint as push
from confsched.web.questions import blueprint as questions
from confsched.web.regional import blueprint as regional
from confsched.web.regional_papers import blueprint as regional_papers
from confsched.web.roster_fill import blueprint as roster_fill
from confsched.web.roster_imports import blueprint as roster_imports
from confsched.web.rotations import blueprint as rotations
from confsched.web.series import blueprint as series
from confsched.web.series_changes import blueprint as series_changes
from confsched.web.series_dates import blueprint as series_dates
from confsched.web.services import blueprint as services
from confsched.web.swaps import blueprint as swaps
from confsched.web.today import blueprint as today
from confsched.web.triage import blueprint as triage
from confsched.web.urgent import blueprint as urgent
from confsched.web.urgent_live import blueprint as urgent_live
from confsched.web.urgent_moves import blueprint as urgent_moves
from confsched.web.waitlist import blueprint as waitlist
from confsched.web.wall import blueprint as wall
from confsched.web.why import blueprint as why
from confsched.web.wishes import blueprint as wishes
from confsched.web.working_hours import blueprint as working_hours
from confsched.web.worklist import blueprint as urgent_lists

BLUEPRINTS = (
    accounts,
    alerts,
    urgent,
    link_tests,
    urgent_live,
    urgent_moves,
    urgent_lists,
    bookings,
    conferences,
    conference_needs,
    conference_run,
    minutes,
    follow_ups,
    proof,
    series,
    series_dates,
    series_changes,
    check_in,
    poll_votes,
    polls,
    cme,
    agenda,
    conference_desk,
    conference_details,
    cases,
    case_desk,
    consults,
    consult_reports,
    triage,
    consult_times,
    why,
    questions,
    guests,
    partners,
    guest_pages,
    regional,
    regional_papers,
    waitlist,
    duty_board,
    downtime,
    back_entry,
    wall,
    figures,
    duty_rosters,
    duty_codes,
    roster_fill,
    rotations,
    roster_imports,
    coverage,
    duty_rules,
    fairness,
    swaps,
    absences,
    absence_imports,
    wishes,
    working_hours,
    today,
    feeds,
    busy_calendars,
    contact_points,
    push,
    gateways,
    services,
    ladders,
    missions,
    deliveries,
    help_pages,
)


def register_web(app: Flask) -> None:
    """Add every blueprint of pages."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
