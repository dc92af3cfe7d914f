//! Tars in every form there is, and in some that there should not be: byte by byte, each without its end.

use crate::support::tar::{altered, header, padded, pax, record, special};

/// A name, what stands in the tar, and whether the program must read it.
pub(super) type Case = (&'static str, Vec<u8>, bool);

const READ: bool = true;
const REFUSED: bool = false;

type Header = [u8; 512];

fn of(name: &str, kind: u8, link: &str, size: usize) -> Header {
    header(name, 0o644, kind, link, size)
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    with(&of(name, b'0', "", content.len()), content)
}

fn with(header: &Header, content: &[u8]) -> Vec<u8> {
    [&header[..], &padded(content)].concat()
}

/// As GNU writes them.
fn gnu(header: &Header) -> Header {
    altered(*header, 257, b"ustar  \0")
}

/// As they were before there was a mark.
fn v7(header: &Header) -> Header {
    altered(*header, 257, &[0; 8])
}

/// A number in GNU's binary form.
fn binary(number: u64) -> [u8; 12] {
    let mut field = [0; 12];
    field[0] = 0x80;
    field[4..].copy_from_slice(&number.to_be_bytes());
    field
}

/// The sum of the bytes as numbers with a sign.
fn signed(mut block: Header) -> Header {
    block[148..156].fill(b' ');
    let sum: i32 = block.iter().map(|byte| i32::from(byte.cast_signed())).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A file with holes: what is stored, how large it is, and where it belongs.
fn sparse(stored: &[u8], size: u64, map: &[(u64, u64)]) -> Vec<u8> {
    let mut block = gnu(&of("s", b'S', "", stored.len()));
    let number = |number: u64| format!("{number:011o}\0");
    for (at, (offset, length)) in map.iter().enumerate() {
        let text = number(*offset) + &number(*length);
        block = altered(block, 386 + 24 * at, text.as_bytes());
    }
    with(&altered(block, 483, number(size).as_bytes()), stored)
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [
        kinds(),
        names(),
        long_names(),
        extended(),
        sizes(),
        numbers(),
        forms(),
        holes(),
        doubles(),
        desyncs(),
        ends(),
    ]
    .concat()
}

fn kinds() -> Vec<Case> {
    let one = |name, kind, link, is_read| (name, of("x", kind, link, 0).to_vec(), is_read);
    let behind = |block: Vec<u8>| [file("f", b"first"), block, file("z", b"last")].concat();
    vec![
        ("a file", file("f", b"hello"), READ),
        ("an empty file", file("f", b""), READ),
        ("a file of one block", file("f", &[b'x'; 512]), READ),
        ("a file of a block and a byte", file("f", &[b'x'; 513]), READ),
        ("the oldest kind of a file", with(&of("f", 0, "", 3), b"abc"), READ),
        ("a file that lies in one piece", with(&of("f", b'7', "", 3), b"abc"), READ),
        ("the oldest kind of a folder", of("d/", 0, "", 0).to_vec(), READ),
        (
            "the oldest kind of a folder with a size",
            with(&of("d/", 0, "", 512), &[b'x'; 512]),
            REFUSED,
        ),
        ("a folder", of("d/", b'5', "", 0).to_vec(), READ),
        ("a folder without a slash", of("d", b'5', "", 0).to_vec(), READ),
        (
            "a folder with a size",
            behind(with(&of("d/", b'5', "", 512), &[b'x'; 512])),
            REFUSED,
        ),
        ("a file named as a folder", file("f/", b""), REFUSED),
        ("a file named as a folder, with content", file("f/", b"abc"), REFUSED),
        one("a symbolic link", b'2', "somewhere/else", READ),
        one("a symbolic link to nothing", b'2', "", REFUSED),
        (
            "a symbolic link with a size",
            behind(with(&of("l", b'2', "f", 512), &[b'x'; 512])),
            REFUSED,
        ),
        ("a hard link", behind(of("h", b'1', "f", 0).to_vec()), READ),
        (
            "a hard link to a hard link",
            behind([of("g", b'1', "f", 0), of("h", b'1', "g", 0)].concat()),
            READ,
        ),
        (
            "a hard link to a symbolic link",
            [of("l", b'2', "f", 0), of("h", b'1', "l", 0)].concat(),
            READ,
        ),
        (
            "a hard link with a size",
            behind(with(&of("h", b'1', "f", 512), &[b'x'; 512])),
            REFUSED,
        ),
        (
            "a hard link to what comes later",
            [of("h", b'1', "f", 0).to_vec(), file("f", b"late")].concat(),
            REFUSED,
        ),
        one("a fifo", b'6', "", READ),
        one("a device", b'3', "", READ),
        one("a disk", b'4', "", READ),
        (
            "a fifo with a size",
            behind(with(&of("p", b'6', "", 512), &[b'x'; 512])),
            REFUSED,
        ),
        one("a kind nobody knows", b'Q', "", REFUSED),
        one("a kind that is no letter", 0xff, "", REFUSED),
        one("a dump of a folder", b'D', "", REFUSED),
        one("a part of a file", b'M', "", REFUSED),
        one("the name of a volume", b'V', "", REFUSED),
        one("an extended header of Solaris", b'X', "", REFUSED),
        one("names of old", b'N', "", REFUSED),
    ]
}

fn names() -> Vec<Case> {
    let raw = |bytes: &[u8]| altered(of("", b'0', "", 0), 0, bytes).to_vec();
    let in_two = |prefix: &[u8], name: &str| altered(of(name, b'0', "", 0), 345, prefix);
    vec![
        ("a name with a dot before it", file("./d/f", b"x"), READ),
        ("a name with slashes", file("/d//f", b"x"), READ),
        ("a name with dots", file("d/./f", b"x"), READ),
        ("a name that climbs", file("d/../f", b"x"), REFUSED),
        ("a name with a line feed", raw(b"a\nb"), READ),
        ("a name with bells", raw(b"a\x07\x1b[31m"), READ),
        ("a name with a backslash", raw(b"a\\nb"), READ),
        ("a name in Latin", raw(b"caf\xe9"), READ),
        ("a name in UTF-8", raw("caf\u{e9}".as_bytes()), READ),
        ("a name of exactly the field", raw(&[b'n'; 100]), READ),
        ("a name with something behind its end", raw(b"a\0b"), READ),
        ("no name", raw(b""), REFUSED),
        ("a name in two fields", in_two(b"some/folder", "f").to_vec(), READ),
        (
            "a name that fills two fields",
            altered(
                altered(of("", b'0', "", 0), 0, &[b'n'; 100]),
                345,
                &[[b'p'; 77], [b'/'; 77]].concat(),
            )
            .to_vec(),
            READ,
        ),
        (
            "GNU's times where others have a name",
            gnu(&in_two(b"00000000000\0", "f")).to_vec(),
            REFUSED,
        ),
        (
            "a second field in the oldest form",
            v7(&in_two(b"folder", "f")).to_vec(),
            REFUSED,
        ),
        (
            "a link of exactly the field",
            altered(of("l", b'2', "", 0), 157, &[b't'; 100]).to_vec(),
            READ,
        ),
    ]
}

fn long_names() -> Vec<Case> {
    let name = format!("{}/{}", "a".repeat(150), "b".repeat(150));
    let ended = [name.as_bytes(), b"\0"].concat();
    let before = |records: &[Vec<u8>], block: Header| [records.concat(), gnu(&block).to_vec()].concat();
    let f = || of("cut", b'0', "", 0);
    vec![
        ("a long name", before(&[special(b'L', &ended)], f()), READ),
        (
            "a long name without an end",
            before(&[special(b'L', name.as_bytes())], f()),
            READ,
        ),
        (
            "a long name of a block",
            before(
                &[special(b'L', &[[b'n'; 128], [b'/'; 128], [b'm'; 128], [b'/'; 128]].concat())],
                of("d", b'5', "", 0),
            ),
            READ,
        ),
        (
            "a long name with an end in the middle",
            before(&[special(b'L', b"a\0b\0")], f()),
            REFUSED,
        ),
        ("an empty long name", before(&[special(b'L', b"\0")], f()), REFUSED),
        ("a long name of nothing", before(&[special(b'L', b"")], f()), REFUSED),
        (
            "two long names",
            before(&[special(b'L', b"a\0"), special(b'L', b"b\0")], f()),
            REFUSED,
        ),
        (
            "a long target",
            before(&[special(b'K', &ended)], of("l", b'2', "cut", 0)),
            READ,
        ),
        (
            "a long target and a long name",
            before(&[special(b'K', b"there\0"), special(b'L', &ended)], of("l", b'2', "cut", 0)),
            READ,
        ),
        (
            "a long name and a long target",
            before(&[special(b'L', &ended), special(b'K', b"there\0")], of("l", b'2', "cut", 0)),
            READ,
        ),
        ("a long target before a file", before(&[special(b'K', &ended)], f()), READ),
        (
            "a long name of a folder before a file",
            before(&[special(b'L', b"folder/\0")], f()),
            REFUSED,
        ),
        ("a long name that nobody follows", special(b'L', &ended), REFUSED),
        (
            "a long name and an extended header",
            [special(b'L', b"a\0"), pax(&[b"path=b"]), file("c", b"")].concat(),
            REFUSED,
        ),
        (
            "an extended header and a long name",
            [pax(&[b"path=b"]), special(b'L', b"a\0"), file("c", b"")].concat(),
            REFUSED,
        ),
        (
            "a name of a gibibyte",
            altered(of("x", b'L', "", 0), 124, b"10000000000\0").to_vec(),
            REFUSED,
        ),
    ]
}

fn extended() -> Vec<Case> {
    let before = |pairs: &[&[u8]]| [pax(pairs), file("f", b"abc")].concat();
    let raw = |records: &[u8]| [special(b'x', records), file("f", b"abc")].concat();
    let global = |pairs: &[&[u8]]| {
        let records: Vec<u8> = pairs.iter().flat_map(|pair| record(pair)).collect();
        [special(b'g', &records), file("f", b"abc"), file("g", b"")].concat()
    };
    let link = |pairs: &[&[u8]], kind| [file("t", b"abc"), pax(pairs), of("l", kind, "cut", 0).to_vec()].concat();
    vec![
        ("an extended name", before(&[b"path=some/folder/f"]), READ),
        ("an extended name in UTF-8", before(&["path=caf\u{e9}".as_bytes()]), READ),
        ("an extended name with a line feed", before(&[b"path=a\nb"]), READ),
        ("an extended name with an equals sign", before(&[b"path=a=b"]), READ),
        ("an extended name that looks like a record", before(&[b"path=9 path=x"]), READ),
        ("an extended name twice", before(&[b"path=a", b"path=b"]), REFUSED),
        ("an extended name of nothing", before(&[b"path="]), REFUSED),
        ("an extended name with a zero", before(&[b"path=a\0b"]), REFUSED),
        ("an extended name of a folder before a file", before(&[b"path=d/"]), REFUSED),
        ("an extended target", link(&[b"linkpath=t"], b'2'), READ),
        ("an extended target of a hard link", link(&[b"linkpath=t"], b'1'), READ),
        ("a comment", before(&[b"comment=hello"]), READ),
        ("a key of somebody's own", before(&[b"LIBARCHIVE.creationtime=12"]), READ),
        ("an attribute", before(&[b"SCHILY.xattr.user.a=1"]), READ),
        ("times", before(&[b"mtime=1.5", b"atime=2", b"ctime=3"]), READ),
        (
            "owners in words and numbers",
            before(&[b"uid=70000", b"gid=3000000", b"uname=root"]),
            READ,
        ),
        ("a size of archiver star's", before(&[b"SCHILY.realsize=9"]), REFUSED),
        ("a size of a volume", before(&[b"GNU.volume.size=2"]), READ),
        ("an empty extended header", raw(b""), READ),
        ("a record with zeros before its length", raw(b"010 path=a\n"), REFUSED),
        ("a record that is too long", raw(b"90 path=a\n"), REFUSED),
        ("a record that is too short", raw(b"9 path=ab\n"), REFUSED),
        ("a record without a length", raw(b"path=a\n"), REFUSED),
        ("a record without a line feed", raw(b"9 path=a "), REFUSED),
        ("a record without a key", raw(b"5 =a\n"), REFUSED),
        ("a record with blanks before it", raw(b" 9 path=a\n"), REFUSED),
        ("records with zeros behind them", raw(b"9 path=a\n\0\0\0\0"), REFUSED),
        ("a record with a negative length", raw(b"-9 path=a\n"), REFUSED),
        (
            "two extended headers",
            [pax(&[b"path=a"]), pax(&[b"mtime=1"]), file("f", b"")].concat(),
            REFUSED,
        ),
        ("an extended header that nobody follows", pax(&[b"path=a"]), REFUSED),
        ("a global comment", global(&[b"comment=0123"]), READ),
        ("a global name", global(&[b"path=a"]), REFUSED),
        ("a global size", global(&[b"size=1"]), REFUSED),
        ("a global time", global(&[b"mtime=1"]), REFUSED),
        (
            "a global header at the end",
            [file("f", b"abc"), special(b'g', &record(b"comment=x"))].concat(),
            READ,
        ),
        (
            "a global header between",
            [pax(&[b"path=a"]), special(b'g', &record(b"comment=x")), file("f", b"abc")].concat(),
            REFUSED,
        ),
    ]
}

/// Sizes that are said twice.
fn sizes() -> Vec<Case> {
    let said = |size: &str, header: usize, stored: &[u8]| {
        let size = format!("size={size}");
        [
            pax(&[size.as_bytes()]),
            with(&of("f", b'0', "", header), stored),
            file("z", b"last"),
        ]
        .concat()
    };
    let hidden = [file("hidden", b""), padded(b"x")].concat();
    vec![
        ("an extended size that is that of the header", said("3", 3, b"abc"), READ),
        ("an extended size, and none in the header", said("3", 0, b"abc"), READ),
        ("an extended size that hides an entry", said("1024", 0, &hidden), READ),
        ("an extended size that shows an entry", said("0", 1024, &hidden), REFUSED),
        ("an extended size of zero", said("0", 0, b""), READ),
        ("an extended size below zero", said("-1", 0, b""), REFUSED),
        ("an extended size with a sign", said("+3", 3, b"abc"), REFUSED),
        ("an extended size in hexadecimal", said("0x3", 3, b"abc"), REFUSED),
        ("an extended size with a blank", said(" 3", 3, b"abc"), REFUSED),
        ("an extended size with something behind it", said("3 ", 3, b"abc"), REFUSED),
        ("an extended size with a fraction", said("3.0", 3, b"abc"), REFUSED),
        ("an extended size of nothing", said("", 3, b"abc"), REFUSED),
        ("an extended size with zeros before it", said("0003", 3, b"abc"), READ),
        (
            "an extended size beyond 63 bits",
            said("9223372036854775808", 3, b"abc"),
            REFUSED,
        ),
        (
            "an extended size beyond 64 bits",
            said("18446744073709551619", 3, b"abc"),
            REFUSED,
        ),
        (
            "an extended size twice",
            [pax(&[b"size=0", b"size=3"]), file("f", b"abc")].concat(),
            REFUSED,
        ),
        (
            "an extended size of a folder",
            [pax(&[b"size=1024"]), of("d/", b'5', "", 0).to_vec(), hidden.clone()].concat(),
            REFUSED,
        ),
        (
            "an extended size of a link",
            [pax(&[b"size=1024"]), of("l", b'2', "t", 0).to_vec(), hidden].concat(),
            REFUSED,
        ),
    ]
}

fn numbers() -> Vec<Case> {
    let size = |field: &[u8]| {
        [
            altered(of("f", b'0', "", 0), 124, field).to_vec(),
            padded(b"abc"),
            file("z", b""),
        ]
        .concat()
    };
    let at = |place, field: &[u8]| with(&altered(of("f", b'0', "", 3), place, field), b"abc");
    vec![
        ("a size in binary", size(&binary(3)), READ),
        ("a size of eleven digits and a blank", size(b"00000000003 "), READ),
        ("a size of twelve digits", size(b"000000000003"), READ),
        ("a size with blanks before it", size(b"          3\0"), READ),
        ("a size of few digits", size(b"3\0\0\0\0\0\0\0\0\0\0\0"), READ),
        ("a size with a zero before it", size(b"\x0000000000003"), REFUSED),
        ("a size with something behind it", size(b"3\x0012\0\0\0\0\0\0\0\0"), REFUSED),
        ("a size with a tab before it", size(b"\t0000000003\0"), REFUSED),
        ("a size with a sign", size(b"+0000000003\0"), REFUSED),
        ("a size below zero in digits", size(b"-0000000003\0"), REFUSED),
        ("a size below zero in binary", size(&[0xff; 12]), REFUSED),
        (
            "a size beyond 64 bits",
            size(&[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            REFUSED,
        ),
        ("a size of 63 bits", size(&binary(u64::MAX >> 1)), REFUSED),
        ("a size beyond the end", size(b"77777777777\0"), REFUSED),
        ("a size that is no octal", size(b"00000000008\0"), REFUSED),
        ("a size in another writing", size(b"AAAAAAAAAAD\0"), REFUSED),
        ("owners in binary", at(108, &[0x80, 0, 0, 0, 0, 0x11, 0x22, 0x33]), READ),
        ("an owner below zero", at(108, &[0xff; 8]), REFUSED),
        ("owners of blanks", at(108, b"                "), READ),
        ("a time in binary, before 1970", at(136, &[0xff; 12]), READ),
        ("a mode with a kind in it", at(100, b"0100644\0"), READ),
        ("a sum of five digits", file("f", b"abc"), READ),
    ]
}

fn forms() -> Vec<Case> {
    let f = || of("f", b'0', "", 3);
    let latin = altered(f(), 0, b"\xe9\xe8\xe7");
    vec![
        ("GNU's form", with(&gnu(&f()), b"abc"), READ),
        ("the oldest form", with(&v7(&f()), b"abc"), READ),
        (
            "POSIX's form without a version",
            with(&altered(f(), 257, b"ustar\0\0\0"), b"abc"),
            REFUSED,
        ),
        ("a form nobody knows", with(&altered(f(), 257, b"ustarX00"), b"abc"), REFUSED),
        ("a sum of bytes with signs", with(&signed(latin), b"abc"), READ),
        ("a sum of bytes without", with(&latin, b"abc"), READ),
        (
            "a sum that is wrong",
            with(
                &{
                    let mut block = f();
                    block[0] = b'g';
                    block
                },
                b"abc",
            ),
            REFUSED,
        ),
        (
            "a sum that is none",
            with(
                &{
                    let mut block = f();
                    block[148..156].fill(b' ');
                    block
                },
                b"abc",
            ),
            REFUSED,
        ),
        ("star's mark", with(&altered(f(), 508, b"tar\0"), b"abc"), READ),
        (
            "star's mark and its times",
            with(&altered(altered(f(), 345, &[b'p'; 155]), 508, b"tar\0"), b"abc"),
            REFUSED,
        ),
        (
            "forms in turn",
            [
                file("a", b"1"),
                with(&gnu(&of("b", b'0', "", 1)), b"2"),
                with(&v7(&of("c", 0, "", 1)), b"3"),
            ]
            .concat(),
            READ,
        ),
    ]
}

fn holes() -> Vec<Case> {
    let modern = |major: &str| {
        let map = b"1\n0\n3\n".to_vec();
        let pairs = [
            format!("GNU.sparse.major={major}"),
            "GNU.sparse.minor=0".into(),
            "GNU.sparse.name=s".into(),
            "GNU.sparse.realsize=9".into(),
        ];
        let pairs: Vec<&[u8]> = pairs.iter().map(String::as_bytes).collect();
        [
            pax(&pairs),
            with(
                &of("GNUSparseFile.0/s", b'0', "", 515),
                &[padded(&map), b"abc".to_vec()].concat(),
            ),
        ]
        .concat()
    };
    vec![
        (
            "a file with a hole at its end",
            sparse(b"abc", 1000, &[(0, 3), (1000, 0)]),
            READ,
        ),
        (
            "a file with a hole between",
            sparse(b"abcdef", 1000, &[(0, 3), (997, 3)]),
            READ,
        ),
        ("a file that is a hole", sparse(b"", 1000, &[(1000, 0)]), READ),
        ("a map that goes back", sparse(b"abcdef", 1000, &[(500, 3), (0, 3)]), REFUSED),
        (
            "a map that stores more than there is",
            sparse(b"abc", 1000, &[(0, 600)]),
            REFUSED,
        ),
        ("a map beyond the end of the file", sparse(b"abc", 2, &[(0, 3)]), REFUSED),
        (
            "a file with holes and POSIX's mark",
            with(&of("s", b'S', "", 3), b"abc"),
            REFUSED,
        ),
        ("holes in an extended header", modern("1"), REFUSED),
        ("holes in an extended header of nobody's", modern("7"), REFUSED),
        (
            "holes as Solaris says it",
            [pax(&[b"SUN.holesdata= 0 1 2"]), file("f", b"abc")].concat(),
            REFUSED,
        ),
    ]
}

fn doubles() -> Vec<Case> {
    let d = || of("d/", b'5', "", 0).to_vec();
    vec![
        ("a file twice", [file("f", b"first"), file("f", b"second!")].concat(), READ),
        (
            "a file twice, spelt in two ways",
            [file("f", b"first"), file("./f", b"second!")].concat(),
            READ,
        ),
        ("a folder twice", [d(), file("d/f", b"x"), d()].concat(), READ),
        (
            "a file in place of a folder",
            [d(), file("d/f", b"x"), file("d", b"file")].concat(),
            READ,
        ),
        (
            "a link in place of a file",
            [file("f", b"x"), of("f", b'2', "t", 0).to_vec()].concat(),
            READ,
        ),
        (
            "a file in place of a hard link",
            [file("f", b"x"), of("h", b'1', "f", 0).to_vec(), file("h", b"new")].concat(),
            READ,
        ),
        ("a file in no folder", file("some/where/f", b"x"), READ),
        ("nothing", Vec::new(), READ),
    ]
}

/// One entry inside another.
fn desyncs() -> Vec<Case> {
    let inner = file("inner", b"inside");
    vec![
        (
            "a tar in a file",
            file("outer", &[inner.clone(), vec![0; 1024]].concat()),
            READ,
        ),
        (
            "a tar in a comment",
            [pax(&[&[b"comment=", &inner[..]].concat()]), file("f", b"x")].concat(),
            READ,
        ),
        (
            "a tar in a long name",
            [special(b'L', &inner), file("f", b"x")].concat(),
            REFUSED,
        ),
        (
            "an extended header with an extended size",
            [pax(&[b"size=1024"]), pax(&[b"path=a"]), inner.clone()].concat(),
            REFUSED,
        ),
        (
            "a long name with an extended size",
            [pax(&[b"size=1024"]), special(b'L', b"a\0"), inner.clone()].concat(),
            REFUSED,
        ),
        (
            "an extended size and a binary one",
            [
                pax(&[b"size=6"]),
                altered(of("f", b'0', "", 0), 124, &binary(1024)).to_vec(),
                padded(b"inside"),
                inner,
            ]
            .concat(),
            READ,
        ),
    ]
}

/// What comes before the end, which is added to all.
fn ends() -> Vec<Case> {
    vec![
        (
            "a block of zeros between",
            [file("a", b"x"), vec![0; 512], file("b", b"y")].concat(),
            REFUSED,
        ),
        ("a block of zeros first", [vec![0; 512], file("b", b"y")].concat(), REFUSED),
        (
            "an end, and more behind it",
            [file("a", b"x"), vec![0; 1024], file("b", b"y")].concat(),
            READ,
        ),
        (
            "an end, and noise behind it",
            [file("a", b"x"), vec![0; 1024], b"noise".repeat(300)].concat(),
            READ,
        ),
        ("noise", b"noise".repeat(300), REFUSED),
        ("half a header", [file("a", b"x"), vec![b'x'; 100]].concat(), REFUSED),
    ]
}
