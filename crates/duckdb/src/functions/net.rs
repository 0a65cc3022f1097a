//! Addresses and hosts, as the NET functions of GoogleSQL read them. It must not know public suffixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use duckdb::Connection;

use super::vector::{Answer, add};

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_net_host", |(url,): (String,)| Ok(host(&url)))?;
    add(c, "dwc_net_ip_from_string", |(s,): (String,)| match s.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => Ok(Some(ip.octets().to_vec())),
        Ok(IpAddr::V6(ip)) => Ok(Some(ip.octets().to_vec())),
        Err(_) => Err(format!("not an IP address: {s}")),
    })?;
    add(c, "dwc_net_ip_to_string", |(ip,): (Vec<u8>,)| match ip.len() {
        4 => Ok(Some(Ipv4Addr::from(<[u8; 4]>::try_from(ip).unwrap_or_default()).to_string())),
        16 => Ok(Some(Ipv6Addr::from(<[u8; 16]>::try_from(ip).unwrap_or_default()).to_string())),
        n => Err(format!("an IP address has 4 or 16 bytes, not {n}")),
    })?;
    add(c, "dwc_net_ip_net_mask", |(bytes, prefix): (i64, i64)| match bytes {
        4 | 16 if (0..=bytes * 8).contains(&prefix) => {
            let size = usize::try_from(bytes).unwrap_or(4);
            Ok(Some(masked(&vec![0xff; size], prefix)))
        }
        _ => Err(format!("a mask of {bytes} bytes and {prefix} bits")),
    })?;
    add(c, "dwc_net_ip_trunc", |(ip, prefix): (Vec<u8>, i64)| {
        let bits = i64::try_from(ip.len() * 8).unwrap_or(0);
        if !matches!(ip.len(), 4 | 16) || !(0..=bits).contains(&prefix) {
            return Err(format!("an IP address of {} bytes and a prefix of {prefix}", ip.len()));
        }
        Ok(Some(masked(&ip, prefix)))
    })?;
    add(c, "dwc_net_ipv4_from_int64", |(n,): (i64,)| -> Answer<Vec<u8>> {
        if (-0x8000_0000..=0xffff_ffff).contains(&n) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low 32 bits are meant")]
            return Ok(Some((n as u32).to_be_bytes().to_vec()));
        }
        Err(format!("{n} is beyond an IPv4 address"))
    })?;
    add(c, "dwc_net_ipv4_to_int64", |(ip,): (Vec<u8>,)| match <[u8; 4]>::try_from(ip) {
        Ok(ip) => Ok(Some(i64::from(u32::from_be_bytes(ip)))),
        Err(_) => Err("an IPv4 address has 4 bytes".into()),
    })
}

/// The first bits of an address, the others 0.
fn masked(ip: &[u8], prefix: i64) -> Vec<u8> {
    let prefix = usize::try_from(prefix).unwrap_or(0);
    let keep = |i: usize| match prefix.saturating_sub(i * 8) {
        0 => 0,
        n if n >= 8 => 0xff,
        n => 0xffu8 << (8 - n),
    };
    ip.iter().enumerate().map(|(i, byte)| byte & keep(i)).collect()
}

/// The host of a URL: what stands between the scheme's slashes and the port, without the user.
fn host(url: &str) -> Option<String> {
    let text = url.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    let scheme = text.find(':').filter(|at| {
        let name = &text[..*at];
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && text[at + 1..].starts_with("//")
    });
    let rest = match scheme {
        Some(at) => &text[at + 3..],
        None => text.strip_prefix("//").unwrap_or(text),
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[').and_then(|inner| inner.find(']')) {
        Some(close) => &authority[..close + 2],
        None => authority.split(':').next().unwrap_or(authority),
    };
    (!host.is_empty()).then(|| host.to_string())
}
