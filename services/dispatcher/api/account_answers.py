"""What the OpenAPI document says of the answers about signing in and about accounts."""

from services.runtime.openapi import OF_BODIES, Responses, Schema, listed, or_null, refusals, shape
from services.runtime.openapi import success as _success
from services.runtime.problems import Problem

_TEXT, _ID, _FLAG = {"type": "string"}, {"type": "string", "format": "uuid"}, {"type": "boolean"}
_MOMENT = {"type": "string", "format": "date-time"}
_ROLE = {
    "type": "string",
    "enum": ["admin", "auditor", "chief", "operator", "station", "supervisor", "team"],
}
_KIND: Schema = {"type": "string", "enum": ["wall", "kiosk"]}

_LAPSED = Problem(401, "session-lapsed", "You are not signed in any more; sign in again.")
_WRONG = Problem(401, "wrong-sign-in", "Name or password is not right.")
_CROSS = Problem(403, "cross-site", "Only a page of this service may do this.")
_TRIES = Problem(429, "too-many-attempts", "Too many attempts failed. Wait.", retry_after=600)
_OFF = Problem(503, "sign-in-off", "No page can be signed in on: D115_SESSION_KEYS is not set.")
_NO_ACCOUNT = Problem(404, "not-found", "You keep no account of this name.")
_NAME_TAKEN = Problem(409, "name-taken", "There is an account of this name.", field="name")

_ACCOUNT = {
    "name": "operator-heling",
    "display": "张甲",
    "role": "operator",
    "organisation": "heling-center",
    "team": None,
    "person": None,
    "language": "zh-CN",
    "disabled": False,
}
_DEVICE = {
    "id": "0190d6a0-0000-7000-8000-000000000115",
    "kind": "wall",
    "label": "值班室大屏",
    "made_at": "2026-03-02T04:00:00Z",
    "revoked_at": None,
}
_USER = {name: each for name, each in _ACCOUNT.items() if name != "disabled"} | {
    "organisation_name": "禾岭家居微中心",
    "device": None,
}
_SESSION = {
    "user": _USER,
    "expires_at": "2026-03-02T18:00:00Z",
    "clock": {"now": "2026-03-02T04:00:00Z", "factor": 1.0},
}


def shapes() -> dict[str, Schema]:
    """The shapes that these answers refer to, by name, each with an example."""
    account: Schema = {
        "name": _TEXT, "display": _TEXT, "role": _ROLE, "organisation": _TEXT,
        "team": or_null("string"), "person": or_null("string"), "language": or_null("string"),
    }  # fmt: skip
    kind = {**or_null("string"), "enum": [*_KIND["enum"], None]}
    user = shape(**account, organisation_name=_TEXT, device=kind)
    revoked = or_null("string", format="date-time")
    device = shape(id=_ID, kind=_KIND, label=_TEXT, made_at=_MOMENT, revoked_at=revoked)
    clock = shape(now=_MOMENT, factor={"type": "number"})
    found: dict[str, tuple[Schema, object]] = {
        "SignInWays": (
            shape(password=_FLAG, oidc={"type": ["object", "null"]}, demo=_FLAG),
            {"password": True, "oidc": None, "demo": False},
        ),
        "SignedIn": (shape(user=user, expires_at=_MOMENT, clock=clock), _SESSION),
        "Account": (shape(**account, disabled=_FLAG), _ACCOUNT),
        "AccountPage": (
            shape(accounts=listed("Account"), next=or_null("string")),
            {"accounts": [_ACCOUNT], "next": None},
        ),
        "AccountDevice": (device, _DEVICE),
        "AccountDevices": (shape(devices=listed("AccountDevice")), {"devices": [_DEVICE]}),
        "MadeDevice": (
            shape(device=device, token=_TEXT),
            {"device": _DEVICE, "token": "d115dev_" + "x" * 43},
        ),
    }
    return {name: {**each, "examples": [example]} for name, (each, example) in found.items()}


def _done(description: str) -> Responses:
    """Describe an answer without a body."""
    return {204: {"description": description}}


WAYS = _success("The ways there are.", "SignInWays") | refusals(503)
SIGNED_IN = _success("Signed in; the cookies come along.", "SignedIn", status=201) | refusals(
    *OF_BODIES, _WRONG, _CROSS, 422, _TRIES, _OFF
)
SESSION = _success("Who is signed in.", "SignedIn") | refusals(_LAPSED, _CROSS, _OFF)
SIGNED_OUT = _done("Nobody is signed in here.") | refusals(_CROSS, 503)
PASSWORD = _done("The new password counts.") | refusals(
    *OF_BODIES, _WRONG, _CROSS, 422, _TRIES, 503
)
ACCOUNTS = _success("A page of accounts.", "AccountPage") | refusals(401, 403, 422, 503)
ACCOUNT_MADE = _success("It is made.", "Account", status=201) | refusals(
    *OF_BODIES, 401, 403, _NAME_TAKEN, 422, 503
)
ACCOUNT = _success("It is changed.", "Account") | refusals(
    *OF_BODIES, 401, 403, _NO_ACCOUNT, 422, 503
)
DEVICES = _success("Its devices.", "AccountDevices") | refusals(401, 403, _NO_ACCOUNT, 422, 503)
DEVICE_MADE = _success("Made; the token is shown this once.", "MadeDevice", status=201) | refusals(
    *OF_BODIES, 401, 403, _NO_ACCOUNT, 422, 503
)
DEVICE_REVOKED = _done("It is revoked.") | refusals(401, 403, _NO_ACCOUNT, 422, 503)
