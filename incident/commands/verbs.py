"""Every command, and the verb each is asked by."""

from incident.commands.acts import (
    Accept,
    AcceptHandover,
    Acknowledge,
    Arrive,
    Assign,
    Cancel,
    CheckIn,
    Close,
    Decline,
    Depart,
    HandOver,
    Merge,
    Note,
    Noted,
    PoliceArrive,
    Receipt,
    RecordConflict,
    Refuse,
    Release,
    Reopen,
    RequestHelp,
    RequestPolice,
    Resolve,
    Return,
    Split,
    Transfer,
    Update,
    Urge,
)
from incident.commands.following import (
    Answer,
    Ask,
    ConfirmOutcome,
    EndSupervision,
    FollowUp,
    Supervise,
)
from incident.commands.shifts import Shelve, TakeOver

Command = (
    Receipt | Acknowledge | Assign | Accept | Decline | Depart | Arrive | CheckIn | Release
    | Resolve | Return | Close | Reopen | Cancel | Refuse
    | RequestPolice | PoliceArrive | HandOver | AcceptHandover
    | Update | Note | Noted | Urge | RequestHelp | Transfer | Merge | Split | RecordConflict
    | Supervise | EndSupervision | Ask | Answer | ConfirmOutcome | FollowUp
    | Shelve | TakeOver
)  # fmt: skip

VERBS: dict[str, type[Command]] = {
    "receipt": Receipt,
    "acknowledge": Acknowledge,
    "assign": Assign,
    "accept": Accept,
    "decline": Decline,
    "depart": Depart,
    "arrive": Arrive,
    "check-in": CheckIn,
    "release": Release,
    "resolve": Resolve,
    "return": Return,
    "close": Close,
    "reopen": Reopen,
    "cancel": Cancel,
    "refuse": Refuse,
    "request-police": RequestPolice,
    "police-arrive": PoliceArrive,
    "hand-over": HandOver,
    "accept-hand-over": AcceptHandover,
    "update": Update,
    "note": Note,
    "noted": Noted,
    "urge": Urge,
    "request-help": RequestHelp,
    "transfer": Transfer,
    "merge": Merge,
    "split": Split,
    "supervise": Supervise,
    "end-supervision": EndSupervision,
    "ask": Ask,
    "answer": Answer,
    "confirm-outcome": ConfirmOutcome,
    "follow-up-call": FollowUp,
    "shelve": Shelve,
}
"""Each verb of `POST /v1/incidents/{id}/<verb>`; conflicts are recorded, never asked for, and
what changes hands does so at a hand-over of the shift."""
