//! STOP 8: cluster → endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use towpath_config::model::Balance;

use super::cluster::EndpointState;

/// Longest turn of a weighted round robin; larger weights are scaled down to it.
const TURN_MAX: u64 = 4096;

/// The endpoints that one destination may choose from.
#[derive(Debug)]
pub struct EndpointSet {
    members: Vec<Member>,
    total: u64,
    turn: Vec<u32>,
    next: AtomicU32,
}

#[derive(Debug)]
struct Member {
    endpoint: Arc<EndpointState>,
    weight: u32,
    up_to: u64,
}

impl EndpointSet {
    /// The set of these endpoints; those of weight 0 are never chosen.
    #[must_use]
    pub fn new(endpoints: impl Iterator<Item = (Arc<EndpointState>, u32)>) -> Self {
        let mut total = 0;
        let members: Vec<_> = endpoints
            .filter(|(_, weight)| *weight > 0)
            .map(|(endpoint, weight)| {
                total += u64::from(weight);
                Member { endpoint, weight, up_to: total }
            })
            .collect();
        let turn = turn(&members, total);
        Self { members, total, turn, next: AtomicU32::new(0) }
    }

    /// Whether nothing can be chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The endpoints with their weights.
    pub fn members(&self) -> impl Iterator<Item = (&Arc<EndpointState>, u32)> {
        self.members.iter().map(|member| (&member.endpoint, member.weight))
    }

    /// Chooses an endpoint, or none when the set is empty.
    pub fn pick(&self, balance: Balance, rng: &mut fastrand::Rng) -> Option<&Arc<EndpointState>> {
        if let [only] = self.members.as_slice() {
            return Some(&only.endpoint);
        }
        match balance {
            Balance::RoundRobin => self.in_turn(),
            Balance::Random => self.draw(rng),
            Balance::LeastRequest => {
                let (one, other) = (self.draw(rng)?, self.draw(rng)?);
                Some(if other.active() < one.active() { other } else { one })
            }
        }
    }

    /// As [`Self::pick`], but none of those that were `tried`, by number. Where the pick falls on one of them, the others
    /// share its part by their weights.
    pub fn pick_other(
        &self,
        balance: Balance,
        rng: &mut fastrand::Rng,
        tried: &[u64],
    ) -> Option<&Arc<EndpointState>> {
        let picked = self.pick(balance, rng)?;
        if !tried.contains(&picked.id()) {
            return Some(picked);
        }
        let others = || self.members.iter().filter(|member| !tried.contains(&member.endpoint.id()));
        let total: u64 = others().map(|member| u64::from(member.weight)).sum();
        let mut left = if total > 0 { rng.u64(0..total) } else { return None };
        let drawn = others().find(|member| {
            let inside = left < u64::from(member.weight);
            left = left.saturating_sub(member.weight.into());
            inside
        });
        drawn.map(|member| &member.endpoint)
    }

    fn draw(&self, rng: &mut fastrand::Rng) -> Option<&Arc<EndpointState>> {
        if self.total == 0 {
            return None;
        }
        let point = rng.u64(0..self.total);
        let position = self.members.partition_point(|member| member.up_to <= point);
        self.members.get(position).map(|member| &member.endpoint)
    }

    fn in_turn(&self) -> Option<&Arc<EndpointState>> {
        let length = u32::try_from(self.turn.len()).ok().filter(|length| *length > 0)?;
        let place = self.next.fetch_add(1, Ordering::Relaxed) % length;
        let member = *self.turn.get(place as usize)?;
        self.members.get(member as usize).map(|member| &member.endpoint)
    }
}

/// One turn in which every member comes as often as its weight says, spread evenly (smooth weighted round robin).
fn turn(members: &[Member], total: u64) -> Vec<u32> {
    let divisor = members.iter().fold(0, |divisor, member| gcd(divisor, u64::from(member.weight))).max(1);
    let scaled = |weight: u32| {
        let plain = u64::from(weight) / divisor;
        if total / divisor <= TURN_MAX { plain } else { (u64::from(weight) * TURN_MAX / total).max(1) }
    };
    let weights: Vec<i64> = members.iter().map(|member| scaled(member.weight) as i64).collect();
    let length: i64 = weights.iter().sum();
    let mut credit = vec![0_i64; weights.len()];
    let mut turn = Vec::new();
    for _ in 0..length {
        credit.iter_mut().zip(&weights).for_each(|(credit, weight)| *credit += weight);
        let richest = (0..credit.len()).rev().max_by_key(|position| credit.get(*position).copied());
        let Some(position) = richest else { break };
        if let Some(credit) = credit.get_mut(position) {
            *credit -= length;
        }
        turn.push(position as u32);
    }
    turn
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests;
