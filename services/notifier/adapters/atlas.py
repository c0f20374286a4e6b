"""The directory's copy and the built-in kinds, as the handlers ask for them."""

from collections.abc import Mapping

from typing_extensions import override

from incident.directory import Lookup
from incident.profile import Kind, Profile
from services.notifier.ports import Atlas
from services.runtime.directory import DirectoryCopy, NoDirectoryError
from services.runtime.kinds import load_kinds


class DirectoryAtlas(Atlas):
    """What is judged by while there is no incident."""

    def __init__(self, directory: DirectoryCopy) -> None:
        self._directory = directory
        self._kinds, self._profiles = load_kinds()

    @property
    @override
    def lookup(self) -> Lookup | None:
        try:
            return self._directory.lookup
        except NoDirectoryError:
            return None

    @property
    @override
    def kinds(self) -> Mapping[str, Kind]:
        return self._kinds

    @property
    @override
    def profiles(self) -> Mapping[str, Profile]:
        return self._profiles
