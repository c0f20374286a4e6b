"""The directory in use and the built-in kinds, as the handlers ask for them."""

from collections.abc import Mapping

from typing_extensions import override

from incident.directory import Lookup
from incident.profile import Kind, Profile
from services.dispatcher.ports import Atlas
from services.runtime.directory import DirectoryCopy
from services.runtime.kinds import load_kinds


class DirectoryAtlas(Atlas):
    """Looks at the dispatcher's copy of the directory."""

    def __init__(self, copy: DirectoryCopy) -> None:
        self._copy = copy
        self._kinds, self._profiles = load_kinds()

    @property
    @override
    def lookup(self) -> Lookup:
        return self._copy.lookup

    @property
    @override
    def kinds(self) -> Mapping[str, Kind]:
        return self._kinds

    @property
    @override
    def profiles(self) -> Mapping[str, Profile]:
        return self._profiles
