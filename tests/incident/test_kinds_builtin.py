"""What the built-in kinds and profiles say."""

from incident.alert import Severity, Source
from incident.moments import MomentName
from incident.profile import Action, OnSite, Scope, SendingAction, rungs_of
from tests.builders import KINDS, OBSERVE, PROFILE_115, PROFILES


def test_the_built_in_kinds_and_profiles_are_these() -> None:
    assert set(KINDS) == {"police-alert"}
    assert set(PROFILES) == {"115", "observe"}
    assert PROFILE_115.code == "115"


def test_a_police_alert_of_any_severity_is_measured_by_115() -> None:
    assert {KINDS["police-alert"].profile_code(severity) for severity in Severity} == {"115"}


def test_observe_measures_what_115_measures_and_does_nothing() -> None:
    assert OBSERVE.legs == PROFILE_115.legs
    assert rungs_of(OBSERVE) == ()


def test_police_are_asked_for_in_cases_of_weapons_injury_crime_and_fire() -> None:
    assert KINDS["police-alert"].police_required == ("weapons", "injured", "crime", "fire")
    asked = {rung.mark: rung.when for rung in rungs_of(PROFILE_115) if rung.when}
    assert asked == {"110": ("weapons", "crime"), "119": ("fire",), "120": ("injured",)}


def test_what_readers_of_release_0_1_0_can_follow_is_what_sends_teams_and_alerts() -> None:
    assert [rung.code for rung in PROFILE_115.ladder] == [
        "enterprise-webhook",
        "direct-assign",
        "auto-assign",
        "add-team",
    ]
    sending = {action.value for action in SendingAction}
    assert all(rung.action.value not in sending for rung in PROFILE_115.further)


def test_every_target_warns_at_three_quarters() -> None:
    for leg in PROFILE_115.legs:
        assert leg.warn_at_percent == (() if leg.target is None else (75,))


def test_the_station_the_total_and_the_response_are_clocks_of_the_whole_incident() -> None:
    whole = {leg.code for leg in PROFILE_115.legs if leg.scope is Scope.INCIDENT}
    assert whole == {"station", "total", "response"}


def test_only_a_station_has_the_station_leg() -> None:
    limited = {leg.code: leg.sources for leg in PROFILE_115.legs if leg.sources}
    assert limited == {"station": (Source.STATION,)}


def test_response_is_reported_from_the_call_and_has_no_target() -> None:
    (response,) = (leg for leg in PROFILE_115.legs if leg.target is None)
    assert (response.start, response.fallback_start, response.end) == (
        MomentName.REPORTED,
        MomentName.RECEIVED,
        MomentName.ON_SCENE,
    )


def test_no_automatic_assignment_follows_a_late_alert_that_is_not_red() -> None:
    for rung in rungs_of(PROFILE_115):
        assigns = rung.action in {Action.ASSIGN, Action.ADD_TEAM}
        assert rung.late_severities == ((Severity.RED,) if assigns else None)


def test_the_dispositions_are_the_thirteen_with_how_they_count() -> None:
    found = {entry.zh: (entry.code, entry.on_site) for entry in KINDS["police-alert"].dispositions}
    assert found == {
        "现场调解达成": ("mediated_on_site", OnSite.YES),
        "现场处置完毕": ("handled_on_site", OnSite.YES),
        "调解未成转矛盾调解组": ("mediation_failed", OnSite.NO),
        "移交派出所": ("handed_to_station", OnSite.NO),
        "移交部门": ("handed_to_department", OnSite.NO),
        "送医": ("medical", OnSite.NO),
        "误报": ("false_alarm", OnSite.EXCLUDED),
        "谎报": ("malicious_report", OnSite.EXCLUDED),
        "到场未发现": ("nothing_found", OnSite.NO),
        "当事人拒绝处置": ("declined_by_party", OnSite.NO),
        "电话处置": ("by_telephone", OnSite.NO),
        "重复": ("duplicate", OnSite.EXCLUDED),
        "撤销": ("cancelled", OnSite.EXCLUDED),
    }


def test_a_failed_mediation_opens_a_follow_up_and_a_department_must_be_named() -> None:
    entries = {entry.code: entry for entry in KINDS["police-alert"].dispositions}
    follow_ups = {code: entry.follow_up for code, entry in entries.items() if entry.follow_up}
    assert follow_ups == {"mediation_failed": "mediation"}
    required = {code: entry.required for code, entry in entries.items() if entry.required}
    assert required == {"handed_to_department": ("department",)}
