//! Secrets that an operator gives for checking: one line, one user.
//!
//! Nothing here prints, formats or compares a secret in the open; passwords and hashes are wiped when
//! dropped.

use std::fmt;
use std::sync::Arc;

use md4::{Digest as _, Md4};
use zeroize::{Zeroize as _, Zeroizing};

use super::secret_words::{Lines, WordsError};

/// MD4 of the password in UTF-16LE: what Windows stores and MS-CHAP needs (RFC 2759 §8.3).
#[derive(Clone)]
pub struct NtHash([u8; 16]);

impl NtHash {
    /// NtPasswordHash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        let mut md4 = Md4::new();
        for unit in password.encode_utf16() {
            md4.update(unit.to_le_bytes());
        }
        Self(md4.finalize().into())
    }

    /// A hash that is known already.
    #[must_use]
    pub const fn from_bytes(hash: [u8; 16]) -> Self {
        Self(hash)
    }

    /// The 16 octets.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// HashNtPasswordHash (RFC 2759 §8.4): MD4 of the hash.
    #[must_use]
    pub fn hash(&self) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(Md4::digest(self.0).into())
    }

    /// From 32 hexadecimal digits; `None` for anything else.
    fn from_hex(digits: &str) -> Option<Self> {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        if pairs.len() != 16 || !rest.is_empty() {
            return None;
        }
        let mut hash = Self([0; 16]);
        for (octet, [high, low]) in hash.0.iter_mut().zip(pairs) {
            let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *octet = digit(*high)? << 4 | digit(*low)?;
        }
        Some(hash)
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(..)")
    }
}

impl Drop for NtHash {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One line of a secrets file.
pub struct Secret {
    user: String,
    nt_hash: NtHash,
    password: Option<Zeroizing<String>>,
}

impl Secret {
    /// User name as written; `*` stands for any user.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Hash of the password.
    #[must_use]
    pub fn nt_hash(&self) -> &NtHash {
        &self.nt_hash
    }

    /// The password; `None` where the line gives its hash only.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref().map(String::as_str)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("user", &self.user).finish_non_exhaustive()
    }
}

/// All secrets of one file, in its order. A clone shares them: they stand in memory once.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Vec<Secret>>);

/// Why a secrets file cannot be used. The text never holds anything of the line itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SecretsError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl Secrets {
    /// Reads lines `user password`, `user nthash:HEX` and, as pppd's chap-secrets has them,
    /// `client server secret [addresses]`.
    ///
    /// Words follow pppd: blanks part them, `#` outside quotes starts a comment, `"…"` and `'…'` quote,
    /// and a backslash escapes everywhere (`DOMAIN\\user`). Errors: a line of one word, a hash that is
    /// not 32 hexadecimal digits, a quote without its end, a secret
    /// that pppd would read from another file, a word of more than 1,024 octets.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let mut secrets = Vec::new();
        for line in Lines::new(text) {
            let line = line?;
            let (user, word) = match line.words.as_slice() {
                [] => continue,
                [_] => {
                    return Err(error(line.number, "only one word; write a user and a password"));
                }
                [user, word] | [user, _, word, ..] => (user, word),
            };
            let secret = read_secret(user, word).map_err(|problem| error(line.number, problem))?;
            secrets.push(secret);
        }
        Ok(Self(Arc::new(secrets)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Secrets that may belong to a name from the wire, the likeliest first: the same name, the same but
    /// for case, the same without `DOMAIN\` or `@realm` on either side, `*`.
    pub fn for_user<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Secret> + use<'a> {
        let mut ranked: Vec<_> =
            self.0.iter().filter_map(|s| Some((kinship(&s.user, name)?, s))).collect();
        ranked.sort_by_key(|(kinship, _)| *kinship);
        ranked.into_iter().map(|(_, secret)| secret)
    }
}

impl From<WordsError> for SecretsError {
    fn from(found: WordsError) -> Self {
        error(found.line, found.problem)
    }
}

fn error(line: usize, problem: &str) -> SecretsError {
    SecretsError { line, problem: problem.to_owned() }
}

fn read_secret(user: &str, word: &Zeroizing<String>) -> Result<Secret, &'static str> {
    if word.starts_with("@/") {
        return Err("the secret stands in another file, which is not read; write it here");
    }
    let user = user.to_owned();
    if let Some(digits) = word.strip_prefix("nthash:") {
        let nt_hash = NtHash::from_hex(digits)
            .ok_or("`nthash:` must be followed by exactly 32 hexadecimal digits")?;
        return Ok(Secret { user, nt_hash, password: None });
    }
    Ok(Secret { user, nt_hash: NtHash::of_password(word), password: Some(word.clone()) })
}

/// How near a name of the file is to a name from the wire; nearer is smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kinship {
    Same,
    Case,
    Bare,
    Any,
}

fn kinship(user: &str, name: &str) -> Option<Kinship> {
    if user == name {
        Some(Kinship::Same)
    } else if same_but_case(user, name) {
        Some(Kinship::Case)
    } else if same_but_case(user, bare(name)) || same_but_case(bare(user), name) {
        Some(Kinship::Bare)
    } else {
        (user == "*").then_some(Kinship::Any)
    }
}

fn same_but_case(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// A name without `DOMAIN\` or, where there is none, `@realm`.
fn bare(name: &str) -> &str {
    match name.rsplit_once('\\') {
        Some((_, user)) => user,
        None => name.rsplit_once('@').map_or(name, |(user, _)| user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn users(secrets: &Secrets, name: &str) -> Vec<String> {
        secrets.for_user(name).map(|s| s.user().to_owned()).collect()
    }

    fn passwords(text: &str) -> Vec<String> {
        let secrets = Secrets::parse(text).unwrap();
        secrets.0.iter().map(|s| s.password().unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn reads_three_forms_of_line() {
        let text = "\u{feff}# client server secret\r\n\r\nalice secret\r\n\
            bob nthash:44EBBA8D5312B8D611474411f56989ae # hash\n\
            \"carol\" * 'a b' 10.0.0.1 10.0.0.2\ndave pptpd \"\"";
        let secrets = Secrets::parse(text).unwrap();
        assert_eq!(secrets.len(), 4);
        assert_eq!(passwords(text), ["secret", "-", "a b", ""]);
        let bob = secrets.for_user("bob").next().unwrap();
        assert_eq!(bob.nt_hash().bytes(), &hex!("44EBBA8D5312B8D611474411F56989AE"));
        assert!(Secrets::parse("").unwrap().is_empty());
    }

    #[test]
    fn a_name_finds_the_nearest_secret_first() {
        let file = "* any\nALICE upper\nalice exact\nbob other\nDOM\\\\alice domain";
        let secrets = Secrets::parse(file).unwrap();
        assert_eq!(users(&secrets, "alice"), ["alice", "ALICE", "DOM\\alice", "*"]);
        assert_eq!(users(&secrets, "X\\Alice"), ["ALICE", "alice", "*"]);
        assert_eq!(users(&secrets, "alice@realm"), ["ALICE", "alice", "*"]);
        assert_eq!(users(&secrets, "nobody"), ["*"]);
        assert_eq!(users(&Secrets::default(), "alice"), [""; 0]);
    }

    #[test]
    fn says_the_line_and_never_the_secret() {
        let bad = |text: &str| Secrets::parse(text).unwrap_err().to_string();
        assert!(bad("a b\n\nhunter2\n").starts_with("line 3: only one word"));
        assert!(bad("a nthash:hunter2").starts_with("line 1: `nthash:`"));
        assert!(bad("a \"hunter2").starts_with("line 1: a quote"));
        assert!(bad("a b @/etc/hunter2").starts_with("line 1: the secret stands"));
        for text in ["hunter2", "a nthash:hunter2", "a \"hunter2", "a b @/etc/hunter2"] {
            assert!(!bad(text).contains("hunter2"));
        }
        let secrets = Secrets::parse("alice hunter2").unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets([Secret { user: \"alice\", .. }])");
        assert_eq!(format!("{:?}", NtHash::of_password("hunter2")), "NtHash(..)");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,200}", name in ".{0,20}") {
            if let Ok(secrets) = Secrets::parse(&text) {
                prop_assert!(secrets.for_user(&name).count() <= secrets.len());
            }
        }

        #[test]
        fn a_quoted_word_comes_back(password in "[^\r\n\\\\\"]{1,40}") {
            prop_assume!(!password.starts_with("nthash:") && !password.starts_with("@/"));
            prop_assert_eq!(passwords(&format!("u \"{password}\"")), [password]);
        }
    }
}
