//! What passes between a proxy and the control server: the state machines of delta ADS, which know no resource type and
//! do no I/O.
