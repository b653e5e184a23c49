use super::Named;
use crate::route::fixture::{Request, routes};

fn values(named: Named<'_>, request: &str) -> Vec<String> {
    let request = Request::new(request);
    let mut values = Vec::new();
    named.any(&request.view(&routes("all: {to: app}")), &mut |value| {
        values.push(String::from_utf8_lossy(value).into_owned());
        false
    });
    values
}

#[test]
fn headers_are_found_whatever_their_case() {
    let request = "GET a/\nX-One: 1\nx-ONE: 2\nx-one-more: 3";
    assert_eq!(values(Named::Header("x-one"), request), ["1", "2"]);
    assert_eq!(values(Named::Header("x-two"), request), [""; 0]);
}

#[test]
fn query_parameters_are_decoded() {
    let rows: &[(&str, &[&str])] = &[
        ("q=1", &["1"]),
        ("p=0&q=1&q=2", &["1", "2"]),
        ("q", &[""]),
        ("q=", &[""]),
        ("q=a=b", &["a=b"]),
        ("&&q=1&", &["1"]),
        ("q=a+b%20c%2Bd", &["a b c+d"]),
        ("%71=1", &["1"]),
        ("q=%C3%A9", &["é"]),
        ("q=%zz%4", &["%zz%4"]),
        ("q=%", &["%"]),
        ("Q=1&qq=2&q%3D=3", &[]),
        ("", &[]),
    ];
    for (query, wanted) in rows {
        assert_eq!(&values(Named::Query("q"), &format!("GET a/?{query}")), wanted, "{query}");
    }
    assert_eq!(values(Named::Query("q"), "GET a/"), [""; 0]);
    assert_eq!(values(Named::Query("a b"), "GET a/?a+b=1&a%20b=2"), ["1", "2"]);
}

#[test]
fn cookies_come_from_every_field() {
    let rows: &[(&str, &[&str])] = &[
        ("cookie: c=1", &["1"]),
        ("Cookie: b=0; c=1; d=2\nCOOKIE: c=3", &["1", "3"]),
        ("cookie: c=\"quoted\"", &["quoted"]),
        ("cookie: c=\"", &["\""]),
        ("cookie: c=\"half", &["\"half"]),
        ("cookie: c=a=b", &["a=b"]),
        ("cookie: c=%31+1", &["%31+1"]),
        ("cookie: c=;c", &[""]),
        ("cookie:  c=1 ;c=2", &["1", "2"]),
        ("cookie: C=1; cc=2", &[]),
        ("x-cookie: c=1", &[]),
    ];
    for (fields, wanted) in rows {
        assert_eq!(&values(Named::Cookie("c"), &format!("GET a/\n{fields}")), wanted, "{fields}");
    }
}

#[test]
fn nothing_is_read_after_a_yes() {
    let request = Request::new("GET a/?q=1&q=2");
    let mut looked_at = 0;
    let found = Named::Query("q").any(&request.view(&routes("all: {to: app}")), &mut |_| {
        looked_at += 1;
        true
    });
    assert!(found);
    assert_eq!(looked_at, 1);
}
