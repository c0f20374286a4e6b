"""All kinds and profiles of a set of files, and what must hold between them."""

from collections.abc import Iterator, Mapping

from incident.directory.faults import Fault
from incident.kinds.reading import (
    OPTIONAL_MOMENTS,
    InvalidKindError,
    parse,
    read_kind,
    read_profile,
)
from incident.profile import Kind, Profile, rungs_of


def read_catalogue(files: Mapping[str, str]) -> tuple[dict[str, Kind], dict[str, Profile]]:
    """Read files into kinds and profiles, each by its code.

    Args:
        files: The text of each file by its name. Which is what they say themselves.

    Raises:
        InvalidKindError: A file is faulty, two files have one code, or a kind names a profile that
            none of the files holds; it lists everything that is wrong with the first such file.
    """
    kinds: dict[str, Kind] = {}
    profiles: dict[str, Profile] = {}
    says = {source: parse(text, source) for source, text in files.items()}
    # Profiles with legs of their own come first, so that others can name them; kinds come last.
    order = sorted(files, key=lambda name: (says[name].says("kind"), says[name].says("legs_of")))
    for source in order:
        if says[source].says("kind"):
            kind = read_kind(files[source], source)
            faults = [*_taken("kind", kind.code, kinds), *profile_faults(kind, profiles)]
            kinds[kind.code] = kind
        else:
            profile = read_profile(files[source], source, others=profiles)
            faults = [*_taken("profile", profile.code, profiles)]
            profiles[profile.code] = profile
        if faults:
            raise InvalidKindError(source, faults)
    return kinds, profiles


def profile_faults(kind: Kind, profiles: Mapping[str, Profile]) -> Iterator[Fault]:
    """What is wrong between a kind and the profiles it names."""
    for severity, code in kind.profiles:
        if code not in profiles:
            allowed = ", ".join(sorted(profiles)) or "nothing, as no profile is known"
            yield Fault(path=f"profiles.{severity}", wrong=f"'{code}' is unknown", allowed=allowed)
    unused = set(OPTIONAL_MOMENTS).difference(kind.moments)
    for code in sorted({code for _, code in kind.profiles if code in profiles}):
        for leg in profiles[code].legs:
            if {leg.start, leg.end} & unused:
                wrong = f"leg '{leg.code}' of profile '{code}' needs more than these"
                yield Fault(path="moments", wrong=wrong, allowed=f"{leg.start} and {leg.end} too")
        yield from _unasked(kind, profiles[code])


def _unasked(kind: Kind, profile: Profile) -> Iterator[Fault]:
    """Circumstances in which nobody would be asked, by a profile that does anything at all."""
    rungs = rungs_of(profile)
    asked = {code for rung in rungs for code in rung.when}
    for position, code in enumerate(kind.police_required if rungs else ()):
        if code not in asked:
            wrong = f"no rung of profile '{profile.code}' asks anybody for '{code}'"
            allowed = ", ".join(sorted(asked)) or "nothing, as it asks nobody"
            yield Fault(path=f"police_required[{position}]", wrong=wrong, allowed=allowed)


def _taken(key: str, code: str, known: Mapping[str, object]) -> Iterator[Fault]:
    if code in known:
        yield Fault(path=key, wrong=f"'{code}' stands in another file too", allowed="another code")
