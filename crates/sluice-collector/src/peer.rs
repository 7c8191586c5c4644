//! Who sent a request: the peer's address, or what a trusted proxy says.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses, written `10.0.0.0/8`; an address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u32,
    is_v4: bool,
}

const fn bits_of(ip: IpAddr) -> (u128, bool) {
    match ip {
        IpAddr::V4(ip) => ((ip.to_bits() as u128) << 96, true),
        IpAddr::V6(ip) => (ip.to_bits(), false),
    }
}

impl Network {
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (bits, is_v4) = bits_of(ip.to_canonical());
        let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
        is_v4 == self.is_v4 && (bits ^ self.bits) & mask == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a network; write for example 10.0.0.0/8");
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix)),
            None => (text, None),
        };
        let (bits, is_v4) = bits_of(ip.trim().parse::<IpAddr>().map_err(|_| wrong())?);
        let longest = if is_v4 { 32 } else { 128 };
        let prefix =
            prefix.map_or(Ok(longest), |prefix| prefix.trim().parse().map_err(|_| wrong()))?;
        if prefix > longest {
            return Err(wrong());
        }
        Ok(Self { bits, prefix, is_v4 })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ip = if self.is_v4 {
            IpAddr::from(u32::try_from(self.bits >> 96).unwrap_or_default().to_be_bytes())
        } else {
            IpAddr::from(self.bits.to_be_bytes())
        };
        write!(f, "{ip}/{}", self.prefix)
    }
}

/// The sender's address. `X-Forwarded-For` is read from the right, past trusted proxies, and only if
/// the peer is one.
#[must_use]
pub fn client_ip(peer: IpAddr, headers: &http::HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    if trusted.is_empty() {
        return peer;
    }
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    let mut client = peer;
    let lists: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let hops =
        lists.iter().rev().filter_map(|list| list.to_str().ok()).flat_map(|list| list.rsplit(','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        client = ip.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip_behind(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = http::HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_behind_trusted_proxies() {
        assert_eq!(ip_behind("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(ip_behind("10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(ip_behind("10.1.1.1", &["6.6.6.6, 198.51.100.1, 10.2.2.2"]), "198.51.100.1");
        assert_eq!(ip_behind("fd00::1", &["6.6.6.6", "2001:db8::7"]), "2001:db8::7");
        assert_eq!(ip_behind("10.1.1.1", &["nonsense"]), "10.1.1.1");
        assert_eq!(ip_behind("::ffff:10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn a_network_prints_as_it_is_read() {
        for text in ["10.0.0.0/8", "192.168.1.7/32", "2001:db8::/32", "0.0.0.0/0", "::/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
    }
}
