use std::collections::BTreeSet;

use towpath_config::model::REASONS;

use super::Reason;

#[test]
fn a_table_can_name_every_reason() {
    let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes, REASONS.iter().copied().collect());
}
