//! Words of a secrets file, taken apart as pppd does with a chap-secrets file: blanks part them, `#`
//! outside quotes starts a comment, quotes and backslashes protect.

use zeroize::Zeroizing;

/// The words of one line that count.
pub(super) struct Line {
    /// Number of the line, from 1.
    pub(super) number: usize,
    /// Its first three words at most; later ones are addresses, which say nothing here.
    pub(super) words: Vec<Zeroizing<String>>,
}

/// Why a line has no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WordsError {
    /// Number of the line, from 1.
    pub(super) line: usize,
    /// What is wrong with it; nothing of its text.
    pub(super) problem: &'static str,
}

/// Walks the lines of a text.
pub(super) struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Over a whole file. A byte order mark, as Windows editors write it, is no part of the first word.
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{FEFF}').unwrap_or(text), line: 1 }
    }

    fn line(&mut self) -> Result<Line, WordsError> {
        let mut line = Line { number: self.line, words: Vec::with_capacity(WORDS) };
        while let Some(c) = self.peek() {
            match c {
                '\n' => {
                    self.bump();
                    break;
                }
                '#' => while self.bump_if(|c| c != '\n').is_some() {},
                c if c.is_whitespace() => self.bump(),
                _ => {
                    let word = self.word()?;
                    if line.words.len() < WORDS {
                        line.words.extend(word);
                    }
                }
            }
        }
        Ok(line)
    }

    /// One word. `None` where nothing but a joined line end stood there.
    fn word(&mut self) -> Result<Option<Zeroizing<String>>, WordsError> {
        // Room for the longest word at once: growing would leave copies of a secret behind.
        let mut word = Zeroizing::new(String::with_capacity(WORD_OCTETS));
        let mut quote = None;
        let mut any = false;
        while let Some(c) = self.bump_if(|c| match quote {
            Some(_) => c != '\n',
            None => !c.is_whitespace() && c != '#',
        }) {
            if quote == Some(c) {
                quote = None;
                continue;
            }
            let c = match c {
                '"' | '\'' if quote.is_none() => {
                    quote = Some(c);
                    any = true;
                    continue;
                }
                '\\' => match self.escaped() {
                    Some(c) => c,
                    None => continue,
                },
                c => c,
            };
            any = true;
            if word.len() + c.len_utf8() > WORD_OCTETS {
                return Err(self.error("a word is longer than 1,024 octets"));
            }
            word.push(c);
        }
        if quote.is_some() {
            return Err(self.error("a quote is not closed on this line"));
        }
        Ok(any.then_some(word))
    }

    /// What stands after a backslash; `None` for a line end (the lines are joined) and the end of text.
    fn escaped(&mut self) -> Option<char> {
        let c = self.bump_if(|_| true)?;
        Some(match c {
            '\n' => {
                self.line += 1;
                return None;
            }
            '\r' if self.peek() == Some('\n') => return self.escaped(),
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            's' => ' ',
            't' => '\t',
            'x' => self.number(16, 2, 0),
            '0'..='7' => self.number(8, 2, c.to_digit(8)?),
            c => c,
        })
    }

    /// At most `digits` more digits. pppd keeps one octet and widens it to a UTF-16 unit, so the number is
    /// the character's.
    fn number(&mut self, radix: u32, digits: usize, start: u32) -> char {
        let mut value = start;
        for _ in 0..digits {
            let Some(c) = self.bump_if(|c| c.is_digit(radix)) else { break };
            value = value * radix + c.to_digit(radix).unwrap_or(0);
        }
        char::from(value.to_le_bytes()[0])
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) {
        self.bump_if(|_| true);
    }

    /// Takes the next character if `wanted`; line ends outside an escape are counted in [`Self::next`].
    fn bump_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next().filter(|c| wanted(*c))?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn error(&self, problem: &'static str) -> WordsError {
        WordsError { line: self.line, problem }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, WordsError>;

    /// The next line, with or without words. The caller stops at the first error.
    fn next(&mut self) -> Option<Self::Item> {
        self.peek()?;
        let line = self.line();
        self.line += 1;
        Some(line)
    }
}

/// The longest word pppd takes.
const WORD_OCTETS: usize = 1024;
/// Client, server, secret.
const WORDS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, Vec<String>)> {
        Lines::new(text)
            .map(|line| line.unwrap())
            .map(|line| (line.number, line.words.iter().map(|w| w.to_string()).collect()))
            .collect()
    }

    fn words(text: &str) -> Vec<String> {
        lines(text).into_iter().flat_map(|(_, words)| words).collect()
    }

    #[test]
    fn quotes_and_escapes_protect() {
        assert_eq!(words(r#"a\ b "c d" 'e"f'"#), ["a b", "c d", "e\"f"]);
        assert_eq!(words(r#"pre"mid dle"post "" x"#), ["premid dlepost", "", "x"]);
        assert_eq!(words(r"DOM\\al \x41\x4az \101\sB"), ["DOM\\al", "AJz", "A B"]);
        assert_eq!(words("pass#word\n\\#1"), ["pass", "#1"]);
        assert_eq!(words(r"\xe9 \351 \777"), ["é", "é", "\u{FF}"]);
    }

    #[test]
    fn lines_are_counted_and_joined() {
        let got = lines("a b\r\n\n# c\nd \\\ne\\\nf g\nh");
        let count = |n: usize, words: &[&str]| (n, words.iter().map(ToString::to_string).collect());
        let want: [(usize, Vec<String>); 5] = [
            count(1, &["a", "b"]),
            count(2, &[]),
            count(3, &[]),
            count(4, &["d", "ef", "g"]),
            count(7, &["h"]),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn bounds_hold() {
        assert_eq!(words("a b c d e f"), ["a", "b", "c"]);
        assert_eq!(words(&"x".repeat(WORD_OCTETS)).len(), 1);
        let long = format!("\n{}", "x".repeat(WORD_OCTETS + 1));
        assert_eq!(Lines::new(&long).nth(1).unwrap().err().unwrap().line, 2);
        assert!(Lines::new("'a\nb'").next().unwrap().is_err());
        assert_eq!(words("\\"), [""; 0]);
    }
}
