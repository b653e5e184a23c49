//! The header by which a proxy says whose connection it passes on: the PROXY protocol, versions 1 and 2 (haproxy
//! doc/proxy-protocol.txt, sections 2.1 and 2.2).

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use towpath_config::model::ProxyVersion;

#[cfg(test)]
mod tests;

/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// What version 1 begins with.
const WORD: &[u8] = b"PROXY ";

/// The longest line of version 1, with its end.
const LINE_BYTES_MAX: usize = 107;

/// Signature, version and command, family and protocol, length.
const FIXED_BYTES: usize = 16;

/// The type of the checksum among the extensions of version 2.
const CRC32C: u8 = 0x03;

/// The longest header that can be read: its fixed part, and what two octets can count.
pub const HEADER_BYTES_MAX: usize = FIXED_BYTES + u16::MAX as usize;

/// The ends of a connection over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// Who made it.
    pub source: SocketAddr,
    /// Where it was made to.
    pub destination: SocketAddr,
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// That of whoever sent the header, or of somebody whose address it does not tell.
    Own,
    /// A client's with these addresses.
    Tcp(Ends),
    /// A client's of a Unix socket.
    Unix,
}

/// Why a header is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFault {
    /// It begins as no header does.
    Missing,
    /// It does not keep to the rules.
    Malformed,
    /// It is longer than allowed.
    TooLarge,
    /// Its checksum is that of another one.
    Checksum,
}

impl HeaderFault {
    /// The code in logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Checksum => "checksum",
        }
    }
}

/// Reads a header from the beginning of what came: its length and what it says, or nothing while more of it has to come.
///
/// # Errors
/// It is none, or longer than `limit`; then nobody can say where it ends.
pub fn read(bytes: &[u8], limit: usize) -> Result<Option<(usize, Claim)>, HeaderFault> {
    if begins(bytes, SIGNATURE) {
        read_binary(bytes, limit)
    } else if begins(bytes, WORD) {
        read_line(bytes)
    } else {
        Err(HeaderFault::Missing)
    }
}

/// Whether what came is the beginning, as far as it came.
fn begins(bytes: &[u8], beginning: &[u8]) -> bool {
    bytes.iter().zip(beginning).all(|(found, wanted)| found == wanted)
}

fn read_line(bytes: &[u8]) -> Result<Option<(usize, Claim)>, HeaderFault> {
    let window = bytes.get(..LINE_BYTES_MAX).unwrap_or(bytes);
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        // a line that ends otherwise ends the hope for one
        let open = bytes.len() < LINE_BYTES_MAX && !bytes.contains(&b'\n');
        return if open { Ok(None) } else { Err(HeaderFault::Malformed) };
    };
    // what is no text is in no address, and means nothing behind UNKNOWN
    let line = window.get(WORD.len()..end).filter(|line| !line.contains(&b'\n')).map(String::from_utf8_lossy);
    let claim = line.and_then(|line| claim_of_line(&line)).ok_or(HeaderFault::Malformed)?;
    Ok(Some((end + 2, claim)))
}

/// What stands between the word and the end of the line.
fn claim_of_line(line: &str) -> Option<Claim> {
    let mut words = line.split(' ');
    let is_ipv4 = match words.next()? {
        "TCP4" => true,
        "TCP6" => false,
        // whatever follows means nothing
        "UNKNOWN" => return Some(Claim::Own),
        _ => return None,
    };
    let mut address = || words.next()?.parse::<IpAddr>().ok().filter(|ip| ip.is_ipv4() == is_ipv4);
    let (source, destination) = (address()?, address()?);
    let mut port = || words.next().and_then(port);
    let (source_port, destination_port) = (port()?, port()?);
    let ends = Ends {
        source: SocketAddr::new(source, source_port),
        destination: SocketAddr::new(destination, destination_port),
    };
    words.next().is_none().then_some(Claim::Tcp(ends))
}

/// A decimal number without a sign, and without zeroes in front.
fn port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn read_binary(bytes: &[u8], limit: usize) -> Result<Option<(usize, Claim)>, HeaderFault> {
    // what is wrong is said as soon as it came
    let command = match bytes.get(12) {
        None => return Ok(None),
        Some(0x20) => Command::Local,
        Some(0x21) => Command::Proxy,
        Some(_) => return Err(HeaderFault::Malformed),
    };
    let kind = match bytes.get(13) {
        None => return Ok(None),
        Some(kind) if kind >> 4 <= 3 && kind & 0xf <= 2 => *kind,
        Some(_) => return Err(HeaderFault::Malformed),
    };
    let (Some(high), Some(low)) = (bytes.get(14), bytes.get(15)) else { return Ok(None) };
    let length = FIXED_BYTES + usize::from(u16::from_be_bytes([*high, *low]));
    if length > limit {
        return Err(HeaderFault::TooLarge);
    }
    let (Some(header), Some(payload)) = (bytes.get(..length), bytes.get(FIXED_BYTES..length)) else {
        return Ok(None);
    };
    let claim = match command {
        Command::Local => Claim::Own,
        Command::Proxy => claim_of_payload(header, kind, payload)?,
    };
    Ok(Some((length, claim)))
}

enum Command {
    Local,
    Proxy,
}

/// Addresses, then extensions.
fn claim_of_payload(header: &[u8], kind: u8, payload: &[u8]) -> Result<Claim, HeaderFault> {
    let addresses = match kind >> 4 {
        1 => 2 * 4 + 2 * 2,
        2 => 2 * 16 + 2 * 2,
        3 => 2 * 108,
        // nobody can say how long addresses of no family are
        _ => return Ok(Claim::Own),
    };
    let (addresses, extensions) = payload.split_at_checked(addresses).ok_or(HeaderFault::Malformed)?;
    check(header, extensions)?;
    Ok(match kind {
        0x11 => ends::<4>(addresses).map_or(Claim::Own, Claim::Tcp),
        0x21 => ends::<16>(addresses).map_or(Claim::Own, Claim::Tcp),
        0x31 => Claim::Unix,
        // what is no stream is none of ours: the real addresses hold
        _ => Claim::Own,
    })
}

fn ends<const N: usize>(bytes: &[u8]) -> Option<Ends>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = bytes.split_first_chunk::<N>()?;
    let (destination, rest) = rest.split_first_chunk::<N>()?;
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let destination_port = rest.first_chunk::<2>()?;
    Some(Ends {
        source: SocketAddr::new(IpAddr::from(*source), u16::from_be_bytes(*source_port)),
        destination: SocketAddr::new(IpAddr::from(*destination), u16::from_be_bytes(*destination_port)),
    })
}

/// Walks over the extensions: type, length, value. A checksum among them must be that of the header.
fn check(header: &[u8], mut extensions: &[u8]) -> Result<(), HeaderFault> {
    while let Some((kind, rest)) = extensions.split_first() {
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(HeaderFault::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (value, rest) = rest.split_at_checked(length).ok_or(HeaderFault::Malformed)?;
        if *kind == CRC32C {
            let said = u32::from_be_bytes(value.try_into().map_err(|_| HeaderFault::Malformed)?);
            let from = header.len() - rest.len() - value.len();
            let summed = |at: usize| !(from..from + value.len()).contains(&at);
            let bytes = header.iter().enumerate().map(|(at, byte)| if summed(at) { *byte } else { 0 });
            if crc32c(bytes) != said {
                return Err(HeaderFault::Checksum);
            }
        }
        extensions = rest;
    }
    Ok(())
}

/// CRC-32C (RFC 9260 appendix A), bit by bit: a header is short, and few have one.
fn crc32c(bytes: impl Iterator<Item = u8>) -> u32 {
    !bytes.fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg()))
    })
}

/// What an endpoint is told of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Announcement {
    /// In which version.
    pub version: ProxyVersion,
    /// The client's ends; none where nobody knows them.
    pub ends: Option<Ends>,
}

impl Announcement {
    /// The header.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        let mut header = Vec::new();
        match self.version {
            ProxyVersion::V1 => write_line(self.ends.as_ref(), &mut header),
            ProxyVersion::V2 => write_binary(self.ends.as_ref(), &mut header),
        }
        header
    }
}

/// The header of a connection that is this proxy's own, and nobody's that it passes on (§2.2, `LOCAL`).
#[must_use]
pub fn own(version: ProxyVersion) -> Vec<u8> {
    match version {
        ProxyVersion::V1 => b"PROXY UNKNOWN\r\n".to_vec(),
        ProxyVersion::V2 => [SIGNATURE.as_slice(), &[0x20, 0, 0, 0]].concat(),
    }
}

/// Writes a header of version 1; without ends it says that they are not known.
fn write_line(ends: Option<&Ends>, out: &mut Vec<u8>) {
    let mut line = String::new();
    let written = match ends {
        Some(Ends { source, destination }) => {
            let both = source.is_ipv4() && destination.is_ipv4();
            let shown = |ip: IpAddr| if both { ip } else { IpAddr::from(to_ipv6(ip)) };
            let (from, to) = (shown(source.ip()), shown(destination.ip()));
            let family = if both { "TCP4" } else { "TCP6" };
            write!(line, "PROXY {family} {from} {to} {} {}\r\n", source.port(), destination.port())
        }
        None => write!(line, "PROXY UNKNOWN\r\n"),
    };
    // text that grows takes whatever is written
    written.unwrap_or_default();
    out.extend_from_slice(line.as_bytes());
}

/// Writes a header of version 2; without ends it says that they are not known.
fn write_binary(ends: Option<&Ends>, out: &mut Vec<u8>) {
    out.extend_from_slice(SIGNATURE);
    let mut payload = Vec::with_capacity(36);
    let kind = match ends {
        None => 0x00,
        Some(Ends { source, destination }) => {
            let kind = match (source.ip(), destination.ip()) {
                (IpAddr::V4(source), IpAddr::V4(destination)) => {
                    payload.extend_from_slice(&source.octets());
                    payload.extend_from_slice(&destination.octets());
                    0x11
                }
                (source, destination) => {
                    for ip in [source, destination] {
                        payload.extend_from_slice(&to_ipv6(ip));
                    }
                    0x21
                }
            };
            payload.extend_from_slice(&source.port().to_be_bytes());
            payload.extend_from_slice(&destination.port().to_be_bytes());
            kind
        }
    };
    out.extend_from_slice(&[0x21, kind]);
    out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    out.extend_from_slice(&payload);
}

fn to_ipv6(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}
