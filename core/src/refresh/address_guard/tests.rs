use super::*;

fn what(guard: AddressGuard, url: &str) -> Option<&'static str> {
    guard.check(&Url::parse(url).unwrap()).err().map(|forbidden| forbidden.what)
}

#[test]
fn f21_an_address_is_refused_however_it_is_spelt() {
    let guard = AddressGuard::of("https://idp.example");
    for (host, expected) in [
        ("169.254.169.254", Some("link-local")),
        ("169.254.0.0", Some("link-local")),
        ("169.254.255.255", Some("link-local")),
        ("169.253.255.255", None),
        ("169.255.0.0", None),
        // One number, hex, octal, fewer parts, a dot at the end, full-width digits.
        ("2852039166", Some("link-local")),
        ("0xa9fea9fe", Some("link-local")),
        ("0xA9.254.0251.0376", Some("link-local")),
        ("169.254.43518", Some("link-local")),
        ("169.254.169.254.", Some("link-local")),
        ("\u{ff11}69.254.169.254", Some("link-local")),
        ("%3169.254.169.254", Some("link-local")),
        // Mapped, compatible, NAT64, 6to4.
        ("[::ffff:169.254.169.254]", Some("link-local")),
        ("[::ffff:a9fe:a9fe]", Some("link-local")),
        ("[0:0:0:0:0:FFFF:A9FE:A9FE]", Some("link-local")),
        ("[::169.254.169.254]", Some("link-local")),
        ("[64:ff9b::169.254.169.254]", Some("link-local")),
        ("[64:ff9b::a9fe:a9fe]", Some("link-local")),
        ("[2002:a9fe:a9fe::]", Some("link-local")),
        ("[2002:a9fe:a9fe:1::5]", Some("link-local")),
        ("[fe80::1]", Some("link-local")),
        ("[febf:ffff::1]", Some("link-local")),
        ("[fec0::1]", None),
        ("[fe7f::1]", None),
        ("0.0.0.0", Some("unspecified")),
        ("0.255.255.255", Some("unspecified")),
        ("1.0.0.0", None),
        ("[::]", Some("unspecified")),
        ("[64:ff9b::]", Some("unspecified")),
        ("224.0.0.1", Some("multicast")),
        ("239.255.255.255", Some("multicast")),
        ("[ff02::1]", Some("multicast")),
        ("255.255.255.255", Some("broadcast")),
        ("255.255.255.254", None),
        ("[fd00:ec2::254]", Some("a metadata service")),
        ("[fd00:ec2::253]", None),
        ("[fd20:ce::254]", Some("a metadata service")),
        ("[fd00:42::42]", Some("a metadata service")),
        ("100.100.100.200", Some("a metadata service")),
        ("[::ffff:100.100.100.200]", Some("a metadata service")),
        ("192.0.0.192", Some("a metadata service")),
        ("168.63.129.16", Some("a metadata service")),
        ("127.0.0.1", Some("loopback")),
        ("127.255.255.255", Some("loopback")),
        ("[::1]", Some("loopback")),
        ("[::ffff:127.0.0.1]", Some("loopback")),
        ("[2002:7f00:1::]", Some("loopback")),
        ("2130706433", Some("loopback")),
        // Issuers live in private networks.
        ("10.0.0.1", None),
        ("192.168.0.1", None),
        ("172.16.0.1", None),
        ("[fd12:3456::1]", None),
        ("8.8.8.8", None),
        ("[2001:db8::1]", None),
        ("[2002:808:808::]", None),
        // A name is the resolver's affair.
        ("keys.example", None),
        ("localhost", None),
        ("169.254.169.254.example", None),
    ] {
        for scheme in ["https", "http"] {
            assert_eq!(what(guard, &format!("{scheme}://{host}:8080/jwks")), expected, "{scheme} {host}");
        }
    }
}

#[test]
fn f21_loopback_is_for_issuers_that_are_loopback_and_say_so() {
    for (issuer, host, is_allowed) in [
        ("http://127.0.0.1:1", "127.0.0.1", true),
        ("http://127.0.0.1:1", "[::1]", true),
        ("http://localhost:1", "127.0.0.1", true),
        ("https://[::1]/tenant", "127.9.9.9", true),
        ("https://idp.example", "127.0.0.1", false),
        ("https://localhost.idp.example", "127.0.0.1", false),
        ("not a URL", "127.0.0.1", false),
        ("http://127.0.0.1:1", "[::ffff:127.0.0.1]", false),
        ("http://127.0.0.1:1", "[64:ff9b::7f00:1]", false),
        ("http://127.0.0.1:1", "169.254.169.254", false),
        ("http://127.0.0.1:1", "0.0.0.0", false),
    ] {
        let refused = what(AddressGuard::of(issuer), &format!("https://{host}/jwks"));
        assert_eq!(refused.is_none(), is_allowed, "{issuer} {host}");
    }
}

#[test]
fn f21_what_a_name_leads_to_is_sifted() {
    let socket = |address: &str| SocketAddr::new(address.parse().unwrap(), 0);
    let (elsewhere, here) = ("https://idp.example", "http://127.0.0.1:1");
    for (issuer, name, found, expected) in [
        (elsewhere, "keys.example", vec!["192.0.2.1"], Ok(vec!["192.0.2.1"])),
        (elsewhere, "keys.example", vec!["169.254.169.254"], Err("link-local")),
        (elsewhere, "keys.example", vec!["::ffff:169.254.169.254", "127.0.0.1"], Err("link-local")),
        (elsewhere, "keys.example", vec!["fe80::1", "192.0.2.1", "0.0.0.0"], Ok(vec!["192.0.2.1"])),
        (elsewhere, "keys.example", vec!["127.0.0.1"], Err("loopback")),
        (elsewhere, "localhost", vec!["127.0.0.1"], Err("loopback")),
        (here, "keys.example", vec!["127.0.0.1"], Err("loopback")),
        (here, "a.localhost", vec!["127.0.0.1"], Err("loopback")),
        (here, "localhost", vec!["127.0.0.1", "::1"], Ok(vec!["127.0.0.1", "::1"])),
        (here, "LOCALHOST", vec!["169.254.169.254", "127.0.0.1"], Ok(vec!["127.0.0.1"])),
        (elsewhere, "keys.example", vec![], Ok(vec![])),
    ] {
        let sockets = |addresses: Vec<&str>| addresses.into_iter().map(socket).collect::<Vec<_>>();
        let sifted = AddressGuard::of(issuer).filter(name, sockets(found.clone()));
        assert_eq!(
            sifted.map_err(|forbidden| forbidden.what),
            expected.map(sockets),
            "{issuer} {name} {found:?}"
        );
    }
}
