//! An outbound proxy of the operator's: plain requests are handed to it whole, for TLS it opens a
//! tunnel.
//!
//! The proxy resolves names, so it decides about them; what names an address or this machine is
//! refused here as ever.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connect::of_io;
use super::{AddressPolicy, HttpFailure};

/// Of the proxy's answer to `CONNECT`.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Where the proxy listens: `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a proxy; write for example http://proxy:3128");
        let uri: http::Uri = text.parse().map_err(|_| wrong())?;
        let is_bare = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
        let host = uri.host().filter(|_| is_bare).ok_or_else(wrong)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(format!("`{text}`: a proxy with a password is not supported"));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl Proxy {
    /// A connection to the proxy, for a target that may be asked for.
    pub(super) async fn connect(
        &self,
        policy: &AddressPolicy,
        target: &str,
    ) -> Result<TcpStream, HttpFailure> {
        if literal(target).is_some_and(|ip| !policy.allows(ip)) {
            return Err(HttpFailure::PrivateAddress(target.to_owned()));
        }
        let address = (self.host.as_str(), self.port);
        TcpStream::connect(address).await.map_err(|error| match of_io(&error) {
            HttpFailure::Unreachable(why) => HttpFailure::Unreachable(format!("the proxy: {why}")),
            failure => failure,
        })
    }

    /// Makes the connection a tunnel to the target.
    pub(super) async fn tunnel(
        tcp: &mut TcpStream,
        host: &str,
        port: u16,
    ) -> Result<(), HttpFailure> {
        let target =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        tcp.write_all(request.as_bytes()).await.map_err(|error| of_io(&error))?;
        // Byte by byte, as what follows the head belongs to the tunnel. It is short.
        let mut head = Vec::with_capacity(256);
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == HEAD_BYTES_MAX {
                return Err(HttpFailure::Protocol("the proxy's answer is too long".to_owned()));
            }
            head.push(tcp.read_u8().await.map_err(|error| of_io(&error))?);
        }
        let head = String::from_utf8_lossy(&head);
        let status = head.split(' ').nth(1).unwrap_or_default();
        match status {
            "200" => Ok(()),
            _ => Err(HttpFailure::Unreachable(format!("the proxy answered {status} for {host}"))),
        }
    }
}

/// The address that a host is without asking anybody, in every way a proxy may read it: `127.1` and
/// `2130706433` are this machine too.
fn literal(host: &str) -> Option<IpAddr> {
    if let Ok(ip) = host.parse() {
        return Some(ip);
    }
    match url::Host::parse(host).ok()? {
        url::Host::Ipv4(ip) => Some(ip.into()),
        url::Host::Ipv6(ip) => Some(ip.into()),
        url::Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let is_here = name == "localhost" || name.ends_with(".localhost");
            is_here.then_some(Ipv4Addr::LOCALHOST.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_http_address_without_a_path() {
        assert_eq!("http://p:3128".parse::<Proxy>().unwrap().to_string(), "http://p:3128");
        assert_eq!("http://p".parse::<Proxy>().unwrap().port, 80);
        for wrong in ["https://p:1", "p:3128", "http://u:p@p", "http://p/x", ""] {
            assert!(wrong.parse::<Proxy>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn an_address_that_may_not_be_called_is_not_asked_of_the_proxy() {
        let proxy = Proxy { host: "127.0.0.1".to_owned(), port: 1 };
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "169.254.169.254",
            "::1",
            "[::1]",
        ] {
            let refused = proxy.connect(&AddressPolicy::default(), host).await.unwrap_err();
            assert_eq!(refused, HttpFailure::PrivateAddress(host.to_owned()));
        }
    }
}
