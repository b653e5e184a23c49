use super::*;

#[tokio::test]
async fn a_text_is_framed_as_the_standard_has_it() {
    // RFC 6455 §5.7
    let table: [(Option<[u8; 4]>, &[u8]); 2] = [
        (None, &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
        (Some([0x37, 0xfa, 0x21, 0x3d]), &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]),
    ];
    for (mask, octets) in table {
        let mut written = Vec::new();
        write(&mut written, "Hello", mask).await.unwrap();
        assert_eq!(written, octets);
        assert_eq!(read(&mut &*written).await.unwrap(), "Hello");
    }
    assert!(write(&mut Vec::new(), &"x".repeat(126), None).await.is_err());
    assert!(read(&mut &[0x82, 0x00][..]).await.is_err(), "no text");
}
