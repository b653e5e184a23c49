//! Numbers and addresses as text, without the machinery of `fmt`: they stand in every line of an access log.

use std::net::{IpAddr, SocketAddr};

use std::io::Write;

/// Digits that the largest number has.
const DIGITS_MAX: usize = 20;

/// Writes a number.
pub fn decimal(mut number: u64, text: &mut Vec<u8>) {
    let mut digits = [0; DIGITS_MAX];
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        count += 1;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(digits.get(DIGITS_MAX - count..).unwrap_or_default());
}

/// Writes an address.
pub fn ip(address: IpAddr, text: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            for (position, octet) in address.octets().into_iter().enumerate() {
                if position > 0 {
                    text.push(b'.');
                }
                decimal(octet.into(), text);
            }
        }
        // writing to a vector cannot fail
        IpAddr::V6(address) => drop(write!(text, "{address}")),
    }
}

/// Writes an address and its port.
pub fn socket(address: SocketAddr, text: &mut Vec<u8>) {
    match address {
        SocketAddr::V4(address) => {
            ip((*address.ip()).into(), text);
            text.push(b':');
            decimal(address.port().into(), text);
        }
        // writing to a vector cannot fail
        SocketAddr::V6(address) => drop(write!(text, "{address}")),
    }
}

#[cfg(test)]
mod tests;
