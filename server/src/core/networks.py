"""Addresses of callers: read strictly, and grouped by who could own them.

Whoever has one IPv6 address has 2^64 of them, so what is counted by address is counted by the /64.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOBODY = "nowhere"  # the group of what has no address: a command, a socket of this machine
_HOST_OF_ONE = 64  # bits of an IPv6 address that name a customer, not a machine

_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


def address(text: str) -> Address | None:
    """The address in `text` as proxies write it ("192.0.2.7", "[2001:db8::1]:443"), or None.

    An IPv4 address that came in IPv6's clothes is the IPv4 address.
    """
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        # Without the zone: "fe80::1%eth0" says which of our own cables it came by.
        return parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))
    return parsed


def networks(entries: Iterable[str]) -> tuple[Network, ...]:
    """The networks of a list of addresses and ranges. Raises ValueError."""
    return tuple(ipaddress.ip_network(entry, strict=False) for entry in entries)


def is_within(text: str, among: Sequence[Network]) -> bool:
    """Whether `text` is an address of one of the networks."""
    found = address(text)
    return found is not None and any(found in network for network in among)


def group(ip: str | None) -> str:
    """What is counted together: the IPv4 address, the /64 of an IPv6 address, or `NOBODY`."""
    found = address(ip) if ip else None
    if found is None:
        return NOBODY
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((int(found), _HOST_OF_ONE), strict=False))
