//! Which coding a client wants (RFC 9110 §12.5.3).

use towpath_config::model::Algorithm;

use crate::codec::fields::Fields;

#[cfg(test)]
mod tests;

/// A weight in thousandths (RFC 9110 §12.4.2).
type Weight = u16;

/// Of these algorithms, the one that the client likes best; of several, the first. None where it did not say that it takes
/// any, or rather has the answer as it is.
#[must_use]
pub fn preferred(fields: &Fields, algorithms: &[Algorithm]) -> Option<Algorithm> {
    let (mut named, mut any, mut identity) = ([None; Algorithm::ALL.len()], None, None);
    for (coding, weight) in fields.values("accept-encoding").flat_map(members) {
        let place = match coding {
            b"*" => Some(&mut any),
            _ if coding.eq_ignore_ascii_case(b"identity") => Some(&mut identity),
            _ => of(coding).and_then(|algorithm| named.get_mut(algorithm as usize)),
        };
        if let Some(place) = place {
            place.get_or_insert(weight);
        }
    }
    let weight = |algorithm: Algorithm| named.get(algorithm as usize).copied().flatten().or(any);
    let liked = algorithms.iter().rev().filter_map(|one| Some((*one, weight(*one).filter(|w| *w > 0)?)));
    let (best, weight) = liked.max_by_key(|(_, weight)| *weight)?;
    (weight >= identity.unwrap_or_default()).then_some(best)
}

fn of(coding: &[u8]) -> Option<Algorithm> {
    // `x-gzip` is the same (RFC 9110 §8.4.1.3)
    let name = if coding.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { coding };
    Algorithm::ALL.into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.token().as_bytes()))
}

/// Codings and their weights. What is not written as it should be says nothing.
fn members(value: &[u8]) -> impl Iterator<Item = (&[u8], Weight)> {
    value.split(|octet| *octet == b',').filter_map(|member| {
        let mut parts = member.split(|octet| *octet == b';').map(<[u8]>::trim_ascii);
        let coding = parts.next().filter(|coding| !coding.is_empty())?;
        let weight = match parts.next() {
            None => 1000,
            Some(parameter) => weight(parameter)?,
        };
        parts.next().is_none().then_some((coding, weight))
    })
}

/// `q=0.5`: up to three digits behind the point, and no more than 1.
fn weight(parameter: &[u8]) -> Option<Weight> {
    let [b'q' | b'Q', b'=', whole @ b'0'..=b'1', rest @ ..] = parameter else { return None };
    let digits = match rest {
        [] => [].as_slice(),
        [b'.', digits @ ..] if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return None,
    };
    let digit = |place: usize| Weight::from(digits.get(place).map_or(0, |digit| digit - b'0'));
    let weight = Weight::from(whole - b'0') * 1000 + digit(0) * 100 + digit(1) * 10 + digit(2);
    (weight <= 1000).then_some(weight)
}
