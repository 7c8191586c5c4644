//! What is kept of a sender's address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Per source. Drop means that it is written nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpPolicy {
    #[default]
    Keep,
    /// The network only: 24 bits of an IPv4 address, 48 of an IPv6 one.
    Truncate,
    Drop,
}

impl IpPolicy {
    pub const ALL: &[Self] = &[Self::Keep, Self::Truncate, Self::Drop];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Truncate => "truncate",
            Self::Drop => "drop",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|policy| policy.name() == name)
    }

    /// What may be kept of an address.
    #[must_use]
    pub const fn apply(self, ip: IpAddr) -> Option<IpAddr> {
        match (self, ip) {
            (Self::Keep, _) => Some(ip),
            (Self::Drop, _) => None,
            (Self::Truncate, IpAddr::V4(ip)) => {
                Some(IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & (u32::MAX << 8))))
            }
            (Self::Truncate, IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
                Some(four) => self.apply(IpAddr::V4(four)),
                None => Some(IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 80)))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_address_is_its_network() {
        let apply = |policy: IpPolicy, ip: &str| policy.apply(ip.parse().unwrap());
        let shown = |ip: &str| apply(IpPolicy::Truncate, ip).unwrap().to_string();
        assert_eq!(shown("203.0.113.77"), "203.0.113.0");
        assert_eq!(shown("::ffff:203.0.113.77"), "203.0.113.0");
        assert_eq!(shown("2001:db8:aa:bb:cc::1"), "2001:db8:aa::");
        assert_eq!(apply(IpPolicy::Drop, "203.0.113.77"), None);
        assert_eq!(apply(IpPolicy::Keep, "::1").unwrap().to_string(), "::1");
    }
}
