"""Secrets that webhooks are signed with, keys that callers bring: strange ones are refused."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.runtime.auth import Authenticator, Key, Role, new_key
from services.runtime.clock import SystemClock
from services.runtime.outgoing.signing import Secrets
from services.runtime.problems import Problem
from tests.builders import CENTER, at
from tests.fakes.clock import FakeClock
from tests.fuzz.campaign import LONGEST_SECONDS, times

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
ID = UUID(int=115)
KEY, SHA256 = new_key("k-1")

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=80)
MANY = settings(max_examples=times(150), deadline=None, derandomize=True, database=None)
SETTINGS = st.lists(
    st.sampled_from([SECRET, "name:", "a", ",", "|", ":", "whsec_", "=", " ", "\n", "\0"])
    | st.text(max_size=5),
    max_size=8,
).map("".join)

pytestmark = pytest.mark.timeout(LONGEST_SECONDS)


@MANY
@given(SETTINGS)
@example("name:whsec_é")
@example(f"name:{SECRET}|{SECRET}|{SECRET}")
def test_any_setting_is_read_or_refused_without_telling_a_secret(text: str) -> None:
    try:
        secrets = Secrets.from_setting(text)
    except ValueError as error:
        told = str(error)
    else:
        told = secrets.sign("unheard-of name", id_=str(ID), moment=NOW, body="{}") or ""
    assert SECRET.removeprefix("whsec_") not in told


@MANY
@given(TEXT)
def test_any_body_is_signed_so_that_its_receiver_can_check_it(body: str) -> None:
    now = SystemClock().real()
    signature = Secrets.from_setting(f"name:{SECRET}").sign(
        "name", id_=str(ID), moment=now, body=body
    )
    assert signature is not None
    sent = {
        "webhook-id": str(ID),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    Webhook(SECRET).verify(body, sent, json_parse=False)  # raises where it does not fit
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + " ", sent, json_parse=False)


@MANY
@given(
    TEXT
    | TEXT.map("d115_k-1_{}".format)
    | st.integers(0, len(KEY) - 1).map(lambda place: KEY[:place] + "~" + KEY[place + 1 :])
)
@example("d115_k-1_" + "A" * 43)
@example("d115_" + "k" * 100_000)
def test_no_other_key_opens_anything(key: str) -> None:
    found = Key(id="k-1", role=Role.ADMIN, organisation=CENTER, sha256=SHA256)
    doors = Authenticator(lambda id_: found if id_ == "k-1" else None, FakeClock(at(0)))
    with pytest.raises(Problem) as refused:
        doors.identify(key)
    assert refused.value.status == 401
    assert doors.identify(KEY).key_id == "k-1"
