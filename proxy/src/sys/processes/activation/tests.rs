use super::*;

#[test]
fn what_is_no_socket_is_not_taken() {
    // nothing has a number as high as this
    let fault = take(1 << 24).unwrap_err().to_string();
    assert!(fault.starts_with("descriptor ") && fault.ends_with(" is no socket"), "{fault}");
    assert!(!is_socket(-1) && !is_socket(RawFd::MAX));
    assert!(take(RawFd::MAX).is_err());
}
