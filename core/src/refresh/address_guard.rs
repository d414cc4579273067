//! Addresses that no key set is fetched from, checked when a connection is made.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::refresh::host::{host, is_loopback};

/// Refuses addresses at which a machine keeps secrets for whoever asks from inside: link-local ones, the metadata services
/// of clouds, and this machine itself.
///
/// A check of names would see what a name says and not where it leads, which its owner changes as he likes. So hosts that
/// are addresses are checked before a connection is made, and every address of a name as it comes from the resolver, with
/// nothing in between that could look it up again.
///
/// Narrower than it looks: private networks (10.0.0.0/8 and their like) are not refused, since issuers live there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressGuard {
    /// An issuer that is loopback itself may name loopback.
    issuer_is_loopback: bool,
}

/// An address that the guard refuses, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForbiddenAddress {
    address: IpAddr,
    what: &'static str,
}

impl AddressGuard {
    /// The guard for the keys of `issuer`, which need not be a URL.
    pub(crate) fn of(issuer: &str) -> Self {
        let issuer_is_loopback = Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
        AddressGuard { issuer_is_loopback }
    }

    /// Checks the host of `url` if it is an address: the resolver is never asked for those.
    pub(crate) fn check(self, url: &Url) -> Result<(), ForbiddenAddress> {
        host(url).map_or(Ok(()), |address| self.check_address(address, is_loopback(url)))
    }

    /// `says_loopback`: whether the host was written as loopback. A name that only leads there is an attack, or a mistake.
    fn check_address(self, address: IpAddr, says_loopback: bool) -> Result<(), ForbiddenAddress> {
        let allows_loopback = self.issuer_is_loopback && says_loopback;
        match kind(canonical(address)).or_else(|| kind(address)) {
            None => Ok(()),
            Some(LOOPBACK) if allows_loopback => Ok(()),
            Some(what) => Err(ForbiddenAddress { address, what }),
        }
    }

    /// The addresses that may be dialled; the first that may not, if that leaves none.
    fn filter(self, name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ForbiddenAddress> {
        let says_loopback = name.eq_ignore_ascii_case("localhost");
        let mut refused = None;
        let mut allowed = Vec::with_capacity(found.len());
        for socket in found {
            match self.check_address(socket.ip(), says_loopback) {
                Ok(()) => allowed.push(socket),
                Err(forbidden) => refused = refused.or(Some(forbidden)),
            }
        }
        match refused {
            Some(forbidden) if allowed.is_empty() => Err(forbidden),
            _ => Ok(allowed),
        }
    }
}

impl fmt::Display for ForbiddenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}, and guard_addresses refuses it", self.address, self.what)
    }
}

impl Error for ForbiddenAddress {}

/// What looks names up for a [`GuardedResolver`].
pub(crate) trait Lookup: Send + Sync + 'static {
    /// The addresses of `name`, their ports of no meaning.
    fn lookup(&self, name: &str) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// The resolver of the system.
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

/// Looks names up and lets through what the guard allows.
pub(crate) struct GuardedResolver<L> {
    guard: AddressGuard,
    lookup: Arc<L>,
}

impl<L: Lookup> GuardedResolver<L> {
    pub(crate) fn new(guard: AddressGuard, lookup: L) -> Self {
        GuardedResolver { guard, lookup: Arc::new(lookup) }
    }
}

impl<L: Lookup> Resolve for GuardedResolver<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, lookup) = (self.guard, self.lookup.clone());
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            let allowed = guard.filter(name.as_str(), found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// What `address` is, if that is something to refuse. It is to be canonical.
fn kind(address: IpAddr) -> Option<&'static str> {
    if address.is_loopback() {
        return Some(LOOPBACK);
    }
    if METADATA.contains(&address) {
        return Some("a metadata service");
    }
    match address {
        IpAddr::V4(address) => match address.octets() {
            // 0.0.0.0 is this machine to most systems; the rest of "this network" (RFC 1122, section 3.2.1.3) is nobody.
            [0, ..] => Some("unspecified"),
            // Where most clouds have their metadata service (RFC 3927 for the range).
            [169, 254, ..] => Some("link-local"),
            _ if address.is_multicast() => Some("multicast"),
            _ if address.is_broadcast() => Some("broadcast"),
            _ => None,
        },
        IpAddr::V6(address) if address.is_unspecified() => Some("unspecified"),
        IpAddr::V6(address) if address.is_unicast_link_local() => Some("link-local"),
        IpAddr::V6(address) if address.is_multicast() => Some("multicast"),
        // Teredo (RFC 4380, section 4) hides the address of a client in it, and nobody serves keys behind one.
        IpAddr::V6(address) if matches!(address.segments(), [0x2001, 0, ..]) => Some("Teredo"),
        IpAddr::V6(_) => None,
    }
}

/// The IPv4 address that an IPv6 one carries, or the address itself. A network may translate under a prefix of its own
/// (RFC 6052, section 2.2), which cannot be known from here; the well-known one can.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let carried = match v6.segments() {
        // `::` and `::1` have names of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return address,
        // Mapped, and compatible (RFC 4291, section 2.5.5).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        // Translated (RFC 2765, section 2.1).
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        // NAT64 (RFC 6052, section 2.1), and the block for networks that translate themselves (RFC 8215).
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        // 6to4 (RFC 3056, section 2).
        | [0x2002, high, low, ..] => u32::from(high) << 16 | u32::from(low),
        _ => return address,
    };
    IpAddr::V4(Ipv4Addr::from_bits(carried))
}

const LOOPBACK: &str = "loopback";

/// Metadata services at addresses that are not link-local, each from the documentation of its cloud.
const METADATA: [IpAddr; 7] = [
    // Amazon EC2, over IPv6.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    // Amazon EKS: credentials of a pod.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    // Google Compute Engine, over IPv6.
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    // Scaleway, over IPv6.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
    // Alibaba Cloud.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Oracle Cloud, classic.
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Azure: the agent of the virtual machine fetches its configuration here.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

#[cfg(test)]
mod tests;
