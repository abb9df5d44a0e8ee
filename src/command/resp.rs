//! Arguments as the bytes that a RESP connection carries.

/// Appends a command as a RESP array of bulk strings, the form that `redis-cli --pipe` and every server take.
pub fn write_resp(args: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_on_the_wire() {
        let mut wire = Vec::new();
        write_resp(&[b"LPUSH".to_vec(), b"".to_vec(), b"\xff\r\n".to_vec()], &mut wire);
        assert_eq!(wire, b"*3\r\n$5\r\nLPUSH\r\n$0\r\n\r\n$3\r\n\xff\r\n\r\n");
    }
}
