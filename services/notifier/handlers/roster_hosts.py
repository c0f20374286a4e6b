"""Which hosts a roster's web addresses may name.

What a name leads to is judged again whenever something is sent there; here the plainly private is
refused while whoever writes the roster still looks.
"""

from ipaddress import ip_address

from incident.roster.channels import Judge
from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.outcomes import Fault

_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def judge_by(allowed: Allowed) -> Judge:
    """Give what judges hosts by the settings."""

    def judge(host: str, scheme: str) -> str | None:
        if host in allowed.names:
            return None
        try:
            address = ip_address(host)
        except ValueError:
            return _of_name(host, scheme)
        fault = allowed.judge(host, [address], is_tls=scheme == "https")
        return None if fault is None else _WORDS[fault]

    return judge


def _of_name(host: str, scheme: str) -> str | None:
    numeric = host.rpartition(".")[2].removeprefix("0x").isdecimal()  # 127.1, 0x7f000001
    if numeric or "." not in host or host.endswith(_PRIVATE_ENDINGS):
        return _WORDS[Fault.ADDRESS_REFUSED]
    return None if scheme == "https" else _WORDS[Fault.NOT_HTTPS]


_WORDS = {
    Fault.ADDRESS_REFUSED: "leads to a host that is not public",
    Fault.NOT_HTTPS: "is not https",
}
