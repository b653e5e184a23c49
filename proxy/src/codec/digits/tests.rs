use super::*;

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut text = b">".to_vec();
    write(&mut text);
    String::from_utf8(text).expect("digits")
}

#[test]
fn numbers_read_as_fmt_writes_them() {
    let powers = (0..20).map(|power| 10_u64.pow(power));
    for number in powers.flat_map(|power| [power - 1, power, power + 1]).chain([u64::MAX]) {
        assert_eq!(written(|text| decimal(number, text)), format!(">{number}"));
    }
}

#[test]
fn addresses_read_as_fmt_writes_them() {
    for address in ["0.0.0.0:0", "127.0.0.1:80", "255.255.255.255:65535", "[::]:1", "[2001:db8::1]:8080"] {
        let address: SocketAddr = address.parse().expect("an address");
        assert_eq!(written(|text| socket(address, text)), format!(">{address}"));
        assert_eq!(written(|text| ip(address.ip(), text)), format!(">{}", address.ip()));
    }
}
