"""Writes and reads once what very many values have in common: the profile frozen into incidents.

An incident, its opening and every message about it carry the whole profile, more than half of what
they are, and there are a handful of them. Each is written once and its text put in place; read,
each text gives the one profile that all incidents in memory then share. What stands at its default
is left out of the text.

Where only this product reads, as in its own tables, a profile may also be written by its name, the
digest of its text. Who reads that needs the text once: `services.runtime.profiles` keeps it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from hashlib import sha256
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from incident.chain import canonical
from incident.profile import Profile
from services.runtime.shapes import fields_of

KEPT = 128
"""Texts and objects remembered of each sort; beyond it the oldest is forgotten, and made anew."""

_ENCODER = msgspec.json.Encoder()  # fields come in the order they are declared in
_MEMBER = b'"profile":'
_NAME_LENGTH = 66  # with its quotes
_NAMED = re.compile(rb'"profile":"([0-9a-f]{64})"')  # in no text: quotes are escaped there
_DECODER = msgspec.json.Decoder(Profile)
_K = TypeVar("_K")
_V = TypeVar("_V")


class UnknownProfileError(LookupError):
    """A profile is named that this process has not seen the text of.

    Attributes:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the profile {name} is not known here")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A profile that all who hold an equal one share.

    Attributes:
        text: As JSON, its fields in the order they are declared in, without those at their default.
        canonical: As canonical JSON.
        legs: Its legs alone, as JSON.
        name: The SHA-256 of its text, in hexadecimal.
        named: Its name, as JSON.
    """

    profile: Profile
    text: msgspec.Raw
    legs: bytes
    canonical: msgspec.Raw
    name: str
    named: msgspec.Raw


class _Kept(dict[_K, _V], Generic[_K, _V]):
    def keep(self, key: _K, value: _V) -> _V:
        if len(self) >= KEPT:
            self.pop(next(iter(self)), None)  # another thread may have been faster
        self[key] = value
        return value


_by_text: _Kept[bytes, Shared] = _Kept()
_by_object: _Kept[int, tuple[Profile, Shared]] = _Kept()  # holds the object: its id stays its own
_by_reading: _Kept[bytes, Profile] = _Kept()
_by_name: _Kept[str, Shared] = _Kept()


def shared(profile: Profile) -> Shared:
    """Give what is shared of a profile.

    Raises:
        NotCanonicalError: It holds a number that has no canonical text.
    """
    found = _by_object.get(id(profile))
    if found is not None:
        return found[1]
    text = _ENCODER.encode(_sparse(profile))
    entry = _by_text.get(text)
    if entry is None:
        canon = canonical(msgspec.json.decode(text)).encode()
        name = sha256(text).hexdigest()
        entry = Shared(
            profile=profile,
            text=msgspec.Raw(text),
            legs=_ENCODER.encode(_sparse(profile.legs)),
            canonical=msgspec.Raw(canon),
            name=name,
            named=msgspec.Raw(b'"%b"' % name.encode()),
        )
        _by_text.keep(text, entry)
        _by_name.keep(name, entry)
    return _by_object.keep(id(profile), (profile, entry))[1]


def _sparse(value: object) -> object:
    """A dataclass as a dictionary of what it says beyond its defaults."""
    if isinstance(value, tuple):
        return [_sparse(entry) for entry in value]
    if not is_dataclass(value):
        return value
    said = ((field, getattr(value, field.name)) for field in fields(value))
    return {field.name: _sparse(entry) for field, entry in said if entry != field.default}


def cut(text: bytes, profile: Profile) -> bytes:
    """Take the profile out of what `codec` wrote of a value that holds it, whole or by its name.

    Raises:
        ValueError: It is not there, followed by another field.
    """
    entry = shared(profile)
    members = [_MEMBER + bytes(said) + b"," for said in (entry.named, entry.text)]
    place = text.find(_MEMBER)
    while place >= 0:  # a long needle takes far longer
        for member in members:
            if text.startswith(member, place):
                return text[:place] + text[place + len(member) :]
        place = text.find(_MEMBER, place + 1)
    raise ValueError("the profile is not there")


def spell_out(text: bytes) -> bytes:
    """Put the whole profile where what `codec` wrote of a value names it.

    Raises:
        UnknownProfileError: Its text was not seen here yet.
    """
    return _NAMED.sub(lambda found: _MEMBER + bytes(named(found[1].decode()).text), text)


def named(name: str) -> Shared:
    """Give the profile of a name.

    Raises:
        UnknownProfileError: Its text was not seen here yet.
    """
    entry = _by_name.get(name)
    if entry is None:
        raise UnknownProfileError(name)
    return entry


def learn(text: bytes) -> Shared:
    """Take note of a profile's text, so that its name is known here.

    Raises:
        msgspec.MsgspecError: It is no profile.
    """
    return shared(_DECODER.decode(text))


def read(text: msgspec.Raw) -> Profile:
    """Read a profile, giving the one shared by all whose text says the same.

    Raises:
        UnknownProfileError: It is named, and its text was not seen here yet.
        msgspec.MsgspecError: It is no profile.
        NotCanonicalError: It holds a number that has no canonical text.
    """
    key = bytes(text)
    if len(key) == _NAME_LENGTH and key.startswith(b'"'):
        return named(key[1:-1].decode()).profile
    found = _by_reading.get(key)
    if found is None:
        found = _by_reading.keep(key, shared(_DECODER.decode(key)).profile)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A class that holds a profile, as a struct with the profile's text in its place.

    Attributes:
        struct: Fields of the same names in the same order.
        write: Mirrors a value, the profile's text being as JSON.
        write_named: Mirrors a value, the profile being named.
        write_canonical: Mirrors a value, the profile's text being canonical.
        read: Gives the value that a struct mirrors; raises as `sharing.read`.
    """

    struct: type[msgspec.Struct]
    write: Callable[[Any], msgspec.Struct]
    write_named: Callable[[Any], msgspec.Struct]
    write_canonical: Callable[[Any], msgspec.Struct]
    read: Callable[[Any], Any]


_mirrors: dict[object, Mirror | None] = {}  # one for each class that was written or read


def mirror_of(kind: type) -> Mirror | None:
    """Give the mirror of a dataclass; None for one that holds no profile, itself or below."""
    if kind not in _mirrors:
        _mirrors[kind] = _mirror(kind) if is_dataclass(kind) else None
    return _mirrors[kind]


def _mirror(kind: type) -> Mirror | None:
    hints = fields_of(kind)
    below = {
        name: mirror
        for name, hint in hints.items()
        if isinstance(hint, type) and (mirror := mirror_of(hint)) is not None
    }
    own = [name for name, hint in hints.items() if hint is Profile]
    if not own and not below:
        return None
    struct = _struct(kind, own, below)
    read_swaps = dict.fromkeys(own, read) | {name: entry.read for name, entry in below.items()}
    names = list(hints)

    def writer(text: Callable[[Profile], msgspec.Raw], which: str) -> Callable[[Any], Any]:
        swaps = dict.fromkeys(own, text)
        swaps |= {name: getattr(entry, which) for name, entry in below.items()}
        return _swapping(struct, names, swaps)

    def construct(*values: object) -> object:
        return kind(**dict(zip(names, values, strict=True)))

    return Mirror(
        struct=struct,
        write=writer(lambda profile: shared(profile).text, "write"),
        write_named=writer(lambda profile: shared(profile).named, "write_named"),
        write_canonical=writer(lambda profile: shared(profile).canonical, "write_canonical"),
        read=_swapping(construct, names, read_swaps),
    )


def _struct(kind: type, own: Sequence[str], below: dict[str, Mirror]) -> type[msgspec.Struct]:
    defaults = {field.name: field for field in fields(kind)}
    members: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, hint in fields_of(kind).items():
        seen: Any = msgspec.Raw if name in own else below[name].struct if name in below else hint
        field = defaults[name]
        if field.default is not MISSING:
            members.append((name, seen, field.default))
        elif field.default_factory is not MISSING:
            members.append((name, seen, msgspec.field(default_factory=field.default_factory)))
        else:
            members.append((name, seen))
    return msgspec.defstruct(kind.__name__, members, gc=False)


def _swapping(
    make: Callable[..., Any], names: Sequence[str], swaps: dict[str, Callable[[Any], Any]]
) -> Callable[[Any], Any]:
    """Make one thing of another's fields, some of them turned into something else."""
    get = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    places = [(names.index(name), swap) for name, swap in swaps.items()]

    def turn(value: object) -> object:
        parts = list(get(value))
        for place, swap in places:
            parts[place] = swap(parts[place])
        return make(*parts)

    return turn
