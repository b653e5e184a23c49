use super::*;

fn text(fast: u32, slow: u32, errors: u32) -> String {
    let all = fast + slow;
    format!(
        "towpath_build_info{{version=\"0.1.0\",id=\"edge-1\"}} 1\ntowpath_config_generation 3\n\
         towpath_cluster_connections{{cluster=\"a\"}} 2\ntowpath_cluster_connections{{cluster=\"b\"}} 3\n\
         towpath_requests_total{{route=\"shop\",cluster=\"app\",subset=\"\",class=\"\",code=\"2xx\"}} {}\n\
         towpath_requests_total{{route=\"shop\",cluster=\"app\",subset=\"\",class=\"\",code=\"5xx\"}} {errors}\n\
         towpath_request_failures_total{{route=\"shop\",cluster=\"app\",subset=\"\",class=\"\"}} {errors}\n\
         towpath_request_duration_seconds_bucket{{route=\"shop\",cluster=\"app\",le=\"0.25\"}} {fast}\n\
         towpath_request_duration_seconds_bucket{{route=\"shop\",cluster=\"app\",le=\"0.5\"}} {all}\n\
         towpath_request_duration_seconds_bucket{{route=\"shop\",cluster=\"app\",le=\"+Inf\"}} {all}\n",
        all - errors,
    )
}

fn only(counts: BTreeMap<Key, Counts>) -> Counts {
    assert_eq!(counts.len(), 1, "{counts:?}");
    counts.into_values().next().unwrap()
}

#[test]
fn what_came_between_two_readings_is_told() {
    let (before, now) = (Reading::of(&text(10, 0, 0)).unwrap(), Reading::of(&text(60, 50, 5)).unwrap());
    assert_eq!((now.process.id.as_str(), now.process.generation, now.process.upstream), ("edge-1", 3.0, 5.0));
    let between = only(now.since(&before));
    assert_eq!((between.requests, between.errors), (100.0, 5.0));
    assert_eq!(between.quantile(0.5), Some(Quantile::Within(0.25)));
    assert_eq!(between.quantile(1.0), Some(Quantile::Within(0.5)));
    // half of the way through the upper bucket
    assert_eq!(between.quantile(0.75), Some(Quantile::Within(0.375)));
}

#[test]
fn a_proxy_that_began_anew_counts_from_nothing() {
    let (before, now) = (Reading::of(&text(100, 0, 0)).unwrap(), Reading::of(&text(7, 0, 1)).unwrap());
    let between = only(now.since(&before));
    assert_eq!((between.requests, between.errors), (7.0, 1.0));
}

#[test]
fn quantiles_end_where_the_buckets_do() {
    let counts = |buckets: &[(f64, f64)]| Counts { buckets: buckets.to_vec(), ..Counts::default() };
    assert_eq!(counts(&[]).quantile(0.5), None);
    assert_eq!(counts(&[(1.0, 0.0), (f64::INFINITY, 0.0)]).quantile(0.5), None);
    assert_eq!(counts(&[(1.0, 1.0), (f64::INFINITY, 9.0)]).quantile(0.5), Some(Quantile::Beyond(1.0)));
    assert!(Quantile::Beyond(1.0) > Quantile::Within(60.0));
}

#[test]
fn all_together_are_one_sum() {
    let one = only(Reading::of(&text(10, 10, 1)).unwrap().since(&Reading::default()));
    let mut all = Counts::default();
    all.add(&one);
    all.add(&one);
    assert_eq!((all.requests, all.errors), (40.0, 2.0));
    assert_eq!(all.quantile(0.5), one.quantile(0.5));
}

#[test]
fn what_is_no_proxy_is_seen() {
    for text in ["", "<html>", "up 1\n", "towpath_config_generation 0\n"] {
        assert_eq!(Reading::of(text), None, "{text}");
    }
}
