"""Which network addresses are surely public, so that a fetched URL cannot lead into the house."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

# IANA special-purpose registries, read strictly: what only routers, relays or tests use is not public either.
_CLOSED_IPV4: tuple[IPv4Network, ...] = tuple(
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Global unicast is only here. Mapped, NAT64 and local forms lie outside of it, Teredo and 6to4 are taken
# out: each of them can carry a private IPv4 address.
_OPEN_IPV6 = IPv6Network("2000::/3")
_CLOSED_IPV6: tuple[IPv6Network, ...] = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_surely_public(text: str) -> bool:
    """Tell whether an address is an ordinary one of the internet; anything unusual is not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_IPV4)
    if address.scope_id or address not in _OPEN_IPV6:
        return False
    return not any(address in network for network in _CLOSED_IPV6)
