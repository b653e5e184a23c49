//! STOP 8: cluster → endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;
use towpath_config::model::{Balance, Percent, Resilience};

use super::endpoint::{Active, EndpointState, Gate, Moment};
use super::health::Health;

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

/// Among which endpoints one is picked, and how.
#[derive(Debug)]
pub struct Ask<'a> {
    /// How they share the load.
    pub balance: Balance,
    /// What keeps one from being picked.
    pub rules: &'a Resilience,
    /// Those that were tried, by number.
    pub tried: &'a [u64],
    /// The time, as good as it is known without looking at the clock.
    pub now: Instant,
}

impl Ask<'_> {
    fn now(&self) -> Moment {
        Moment::of(self.now)
    }
}

/// An endpoint that was picked.
#[derive(Debug)]
pub struct Pick<'a> {
    /// The endpoint.
    pub endpoint: &'a Arc<EndpointState>,
    /// Whether it is to show that a breaker can be closed.
    pub tries: bool,
    /// Whether it is taken only since too few others are left.
    pub in_panic: bool,
}

impl Pick<'_> {
    /// Counts a request in there.
    #[must_use]
    pub fn begin(&self) -> Active {
        if self.tries { Active::begin_trial(self.endpoint) } else { Active::begin(self.endpoint) }
    }
}

/// Why none can be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// There is none, or all were tried.
    Empty,
    /// The breakers of all that are left are open.
    Open,
    /// None of those that are left is healthy and not ejected, or the breaker of those that are is open.
    Unavailable,
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

    /// Chooses an endpoint that may be picked and was not tried. Where the choice falls on another, the others share its
    /// part by their weights.
    ///
    /// # Errors
    /// There is none, and why.
    pub fn pick(&self, ask: &Ask<'_>, rng: &mut fastrand::Rng) -> Result<Pick<'_>, Lack> {
        // whoever takes the right to try between the look and the grasp may do so a few times
        for _ in 0..4 {
            let endpoint = match (self.members.as_slice(), ask.balance) {
                ([only], _) => self.vetted(Some(only), ask, rng)?,
                // a retry that took a turn would keep the order that has failed: two endpoints, and all go to the bad one first
                (_, Balance::RoundRobin) if ask.tried.is_empty() => self.vetted(self.in_turn(), ask, rng)?,
                (_, Balance::RoundRobin) => self.vetted(self.draw(rng), ask, rng)?,
                (_, Balance::Random) => self.vetted(self.draw(rng), ask, rng)?,
                (_, Balance::LeastRequest) => {
                    let one = self.vetted(self.draw(rng), ask, rng)?;
                    let other = self.vetted(self.draw(rng), ask, rng)?;
                    if other.active() < one.active() { other } else { one }
                }
            };
            let standing = endpoint.standing();
            if standing.is_clear() {
                return Ok(Pick { endpoint, tries: false, in_panic: false });
            }
            let chance = standing.chance(ask.rules, ask.now());
            if chance.gate == Gate::Go || (chance.gate == Gate::Try && standing.take_trial(ask.now())) {
                let tries = chance.gate == Gate::Try;
                return Ok(Pick { endpoint, tries, in_panic: chance.is_ejected });
            }
        }
        Err(Lack::Open)
    }

    /// This one, if it may be picked, or one of the others that may.
    fn vetted<'a>(
        &'a self,
        drawn: Option<&'a Member>,
        ask: &Ask<'_>,
        rng: &mut fastrand::Rng,
    ) -> Result<&'a Arc<EndpointState>, Lack> {
        let Member { endpoint, .. } = drawn.ok_or(Lack::Empty)?;
        if endpoint.standing().is_clear() && !ask.tried.contains(&endpoint.id()) {
            return Ok(endpoint);
        }
        self.draw_among(endpoint, ask, rng)
    }

    /// The one that was drawn, if it may be picked after all, or one of the others by weight.
    fn draw_among<'a>(
        &'a self,
        drawn: &'a Arc<EndpointState>,
        ask: &Ask<'_>,
        rng: &mut fastrand::Rng,
    ) -> Result<&'a Arc<EndpointState>, Lack> {
        let now = ask.now();
        let chance = |member: &Member| member.endpoint.standing().chance(ask.rules, now);
        let available = self.members.iter().filter(|member| chance(member).is_available()).count() as u64;
        let panics = |least: Percent| {
            available * u64::from(Percent::ALL) < self.members.len() as u64 * u64::from(least.millionths())
        };
        let in_panic = ask.rules.panic().is_some_and(panics);
        let untried = || self.members.iter().filter(|member| !ask.tried.contains(&member.endpoint.id()));
        let may = |member: &&Member| chance(member).is_open(in_panic);
        // a process that starts has heard of nobody that it is well
        let is_known = untried().filter(may).any(|member| chance(member).is_known);
        let able = || untried().filter(may).filter(|member| !is_known || in_panic || chance(member).is_known);
        if able().any(|member| Arc::ptr_eq(&member.endpoint, drawn)) {
            return Ok(drawn);
        }
        let total: u64 = able().map(|member| u64::from(member.weight)).sum();
        if total == 0 {
            return Err(match untried().all(|member| chance(member).is_available()) {
                _ if untried().next().is_none() => Lack::Empty,
                true => Lack::Open,
                false => Lack::Unavailable,
            });
        }
        let mut left = rng.u64(0..total);
        let drawn = able().find(|member| {
            let inside = left < u64::from(member.weight);
            left = left.saturating_sub(member.weight.into());
            inside
        });
        // one may have opened since they were added up
        drawn.map(|member| &member.endpoint).ok_or(Lack::Open)
    }

    /// Whether there are some, and the checks of all of them say that they are not well.
    #[must_use]
    pub fn is_unhealthy(&self) -> bool {
        let unhealthy = |member: &Member| member.endpoint.health().get() == Health::Unhealthy;
        !self.is_empty() && self.members.iter().all(unhealthy)
    }

    fn draw(&self, rng: &mut fastrand::Rng) -> Option<&Member> {
        if self.total == 0 {
            return None;
        }
        let point = rng.u64(0..self.total);
        let position = self.members.partition_point(|member| member.up_to <= point);
        self.members.get(position)
    }

    fn in_turn(&self) -> Option<&Member> {
        let length = u32::try_from(self.turn.len()).ok().filter(|length| *length > 0)?;
        let place = self.next.fetch_add(1, Ordering::Relaxed) % length;
        let member = *self.turn.get(place as usize)?;
        self.members.get(member as usize)
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
