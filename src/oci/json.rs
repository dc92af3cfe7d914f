//! JSON that every program reads alike, or not at all.
//!
//! Of a key that is there twice, some readers take the first value, some the last; some take `Layers` for `layers`. What
//! is verified as one thing could so be run as another, hence such a document is refused as a whole
//! ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259#section-4) calls what readers make of it unpredictable).

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::text::one_line;

/// How much of a key is shown, in characters: one can be as long as the document.
const SHOWN: usize = 60;

/// What the keys of a value are.
pub(super) enum Shape {
    /// Anybody's: no two may be the same.
    Free,
    /// These, and others that do not look like one of them.
    Fields(&'static [(&'static str, &'static Shape)]),
    /// A list of values, each of this shape.
    List(&'static Shape),
    /// Anybody's keys: no two may be the same, and each value is of this shape.
    Each(&'static Shape),
}

/// Reads a document whose every key has one meaning.
pub(super) fn read<T: DeserializeOwned>(raw: &[u8], shape: &'static Shape) -> Result<T, serde_json::Error> {
    check(raw, shape)?;
    serde_json::from_slice(raw)
}

/// Has every key of a document one meaning?
pub(super) fn check(raw: &[u8], shape: &'static Shape) -> Result<(), serde_json::Error> {
    // What is skipped over would not be looked at for this.
    let text = std::str::from_utf8(raw).map_err(serde_json::Error::custom)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    Check(shape).deserialize(&mut reader)?;
    reader.end()
}

/// Looks at a value and keeps nothing of it.
struct Check(&'static Shape);

impl Check {
    /// What is below a key, or what is wrong with it.
    fn below(&self, key: &str) -> Result<&'static Shape, String> {
        let fields = match self.0 {
            Shape::Fields(fields) => fields,
            Shape::Each(shape) => return Ok(shape),
            Shape::Free | Shape::List(_) => return Ok(&Shape::Free),
        };
        let alike = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
        // Two fields may differ in nothing but case: then each is itself.
        match alike.clone().find(|(name, _)| *name == key).or(alike.clone().next()) {
            Some((name, shape)) if *name == key => Ok(shape),
            Some((name, _)) => Err(format!("the key `{key}` could be taken for `{name}`")),
            None => Ok(&Shape::Free),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let shape = self.below(&key).map_err(A::Error::custom)?;
            map.next_value_seed(Check(shape))?;
            if let Some(twice) = seen.replace(key) {
                let shown: String = twice.chars().take(SHOWN).collect();
                return Err(A::Error::custom(format!("the key `{}` is there twice", one_line(&shown))));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let shape = match self.0 {
            Shape::List(shape) => shape,
            Shape::Free | Shape::Fields(_) | Shape::Each(_) => &Shape::Free,
        };
        while list.next_element_seed(Check(shape))?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: Shape = Shape::Fields(&[("size", &Shape::Free)]);
    static OUTER: Shape = Shape::Fields(&[("layers", &Shape::List(&INNER)), ("labels", &Shape::Free)]);

    #[test]
    fn a_document_with_one_meaning_is_read() {
        for text in [
            "{}",
            r#"{"layers":[{"size":1},{"size":2}],"labels":{"a":"x","A":"y","Size":1},"other":{"Layers":[]}}"#,
            r#" {"layers":null,"labels":[1.5,-1,true,"x",{}]} "#,
            "[]",
        ] {
            check(text.as_bytes(), &OUTER).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn what_two_programs_could_read_differently_is_refused_at_any_depth() {
        for (text, reason) in [
            (r#"{"layers":[],"layers":[]}"#, "`layers` is there twice"),
            (r#"{"layers":[],"lay\u0065rs":[]}"#, "`layers` is there twice"),
            (r#"{"Layers":[]}"#, "`Layers` could be taken for `layers`"),
            (r#"{"layers":[{"size":1,"SIZE":2}]}"#, "`SIZE` could be taken for `size`"),
            (r#"{"layers":[{"size":1,"size":1}]}"#, "`size` is there twice"),
            (r#"{"labels":{"a":1,"a":2}}"#, "`a` is there twice"),
            (r#"{"labels":{"a\u001b[2J":1,"a\u001b[2J":2}}"#, "`a [2J` is there twice"),
            (r#"{"other":[{"x":{"b":1,"b":1}}]}"#, "`b` is there twice"),
            ("{} x", "trailing"),
            ("{}{}", "trailing"),
            ("\u{feff}{}", "expected value"),
            (r#"{"labels":NaN}"#, "expected"),
            ("", "EOF"),
        ] {
            let error = check(text.as_bytes(), &OUTER).expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(check(b"{\"labels\":\"\xff\"}", &OUTER).is_err());
        let deep = "[".repeat(100_000);
        assert!(check(deep.as_bytes(), &OUTER).unwrap_err().to_string().contains("recursion"));
    }
}
