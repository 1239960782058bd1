//! How an operation reads in `outline()`: tokens as one line of Rust.
//!
//! Inputs stand in the tokens as placeholders; they come out as holes. Spaces are set as rustfmt would
//! for common code; nothing depends on them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The name that stands for input `at` while an operation is put together.
pub(crate) const PLACEHOLDER: &str = "__dispatch_input_";

/// What an input prints as: text before and after the hole, and the hole's own.
#[derive(Clone, Default)]
pub(crate) struct Hole {
    pub(crate) before: &'static str,
    pub(crate) text: String,
    pub(crate) after: &'static str,
}

/// Writes tokens as one line.
pub(crate) fn line(tokens: &TokenStream) -> String {
    form(tokens, &[])
}

/// Writes an operation's body as one line, with holes for its inputs.
pub(crate) fn form(tokens: &TokenStream, holes: &[Hole]) -> String {
    let mut writer = Writer { out: String::new(), holes, seen: vec![false; holes.len()] };
    writer.stream(tokens.clone());
    writer.out
}

struct Writer<'h> {
    out: String,
    holes: &'h [Hole],
    seen: Vec<bool>,
}

/// What stood last, for the spaces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or an opening bracket.
    Start,
    /// A name, literal or closing bracket: an operand has ended.
    Operand,
    /// A word after which an operand starts: `mut`, `return`.
    Word,
    /// A prefix operator: the operand follows at once.
    Prefix,
    /// An infix operator or a comma.
    Infix,
    /// `.`, `::`: no space on either side.
    Joint,
}

const WORDS: &str =
    " mut ref return break in as if else match move let while for loop unsafe async await dyn impl where const ";

impl Writer<'_> {
    fn placeholder(&self, token: &TokenTree) -> Option<usize> {
        let TokenTree::Ident(ident) = token else { return None };
        ident.to_string().strip_prefix(PLACEHOLDER)?.parse().ok().filter(|at| *at < self.holes.len())
    }

    /// The input of `(*placeholder)`.
    fn place(&self, token: &TokenTree) -> Option<usize> {
        let TokenTree::Group(group) = token else { return None };
        if group.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let mut inner = group.stream().into_iter();
        match (inner.next(), inner.next(), inner.next()) {
            (Some(TokenTree::Punct(star)), Some(name), None) if star.as_char() == '*' => self.placeholder(&name),
            _ => None,
        }
    }

    fn hole(&mut self, at: usize, place: bool) {
        let holes = self.holes;
        let hole = &holes[at];
        if !place {
            self.out.push_str(hole.before);
        }
        if std::mem::replace(&mut self.seen[at], true) {
            self.out.push_str(&format!("\u{3}{at}\u{2}"));
        } else {
            self.out.push_str(&format!("\u{1}{}\u{2}", hole.text));
        }
        if !place {
            self.out.push_str(hole.after);
        }
    }

    fn stream(&mut self, tokens: TokenStream) {
        let mut last = Last::Start;
        // How deep we are in the generics of a turbofish, and whether bars of a closure are open.
        let mut angles = 0;
        let mut bars = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let Some(at) = self.placeholder(&token) {
                self.space(last);
                self.hole(at, false);
                last = Last::Operand;
                continue;
            }
            if let Some(at) = self.place(&token) {
                self.space(last);
                self.hole(at, true);
                last = Last::Operand;
                continue;
            }
            match token {
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    let is_word = WORDS.contains(&format!(" {word} "));
                    if last == Last::Operand || is_word && last == Last::Infix {
                        self.pad();
                    } else {
                        self.space(last);
                    }
                    self.out.push_str(&word);
                    last = if is_word { Last::Word } else { Last::Operand };
                }
                TokenTree::Literal(literal) => {
                    self.space(last);
                    if last == Last::Operand {
                        self.pad();
                    }
                    self.out.push_str(&literal.to_string());
                    last = Last::Operand;
                }
                TokenTree::Group(group) => {
                    last = self.group(&group, last);
                }
                TokenTree::Punct(punct) => {
                    let mut op = String::from(punct.as_char());
                    let mut spacing = punct.spacing();
                    while spacing == Spacing::Joint
                        && let Some(TokenTree::Punct(next)) = tokens.peek()
                        && joins(&op, next.as_char())
                    {
                        op.push(next.as_char());
                        spacing = next.spacing();
                        tokens.next();
                    }
                    last = self.punct(&op, last, &mut angles, &mut bars);
                }
            }
        }
    }

    fn group(&mut self, group: &proc_macro2::Group, last: Last) -> Last {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => ("", ""),
        };
        let call = last == Last::Operand && group.delimiter() != Delimiter::Brace;
        if last == Last::Operand && !call {
            self.pad();
        } else if !call {
            self.space(last);
        }
        self.out.push_str(open);
        let braced = group.delimiter() == Delimiter::Brace && !group.stream().is_empty();
        if braced {
            self.out.push(' ');
        }
        self.stream(group.stream());
        if braced {
            let end = self.out.trim_end_matches([' ', ',']).len();
            self.out.truncate(end);
            self.out.push(' ');
        }
        self.out.push_str(close);
        Last::Operand
    }

    fn punct(&mut self, op: &str, last: Last, angles: &mut usize, bars: &mut bool) -> Last {
        let operand = last == Last::Operand;
        match op {
            "," | ";" => {
                self.out.push_str(op);
                Last::Infix
            }
            "." | "::" => {
                if op == "::" && !operand {
                    self.space(last);
                }
                self.out.push_str(op);
                Last::Joint
            }
            "?" => {
                self.out.push('?');
                Last::Operand
            }
            ".." | "..=" => {
                self.space(if operand { Last::Start } else { last });
                self.out.push_str(op);
                Last::Prefix
            }
            "<" if *angles > 0 || last == Last::Joint || operand && self.in_type() => {
                self.out.push('<');
                *angles += 1;
                Last::Start
            }
            ">" | ">>" if *angles > 0 => {
                self.out.push_str(op);
                *angles = angles.saturating_sub(op.len());
                Last::Operand
            }
            "'" => {
                self.space(last);
                self.out.push('\'');
                Last::Prefix
            }
            "!" if operand => {
                self.out.push('!');
                Last::Operand
            }
            "|" | "||" if !operand || *bars => {
                if *bars {
                    *bars = false;
                    self.out.push('|');
                    return Last::Infix;
                }
                self.space(last);
                self.out.push_str(op);
                *bars = op == "|";
                if op == "|" { Last::Prefix } else { Last::Infix }
            }
            ":" => {
                self.out.push(':');
                Last::Infix
            }
            "&" | "&&" | "*" | "-" | "!" if !operand => {
                self.space(last);
                self.out.push_str(op);
                Last::Prefix
            }
            _ => {
                self.pad();
                self.out.push_str(op);
                Last::Infix
            }
        }
    }

    /// Whether the last word looks like a type.
    fn in_type(&self) -> bool {
        let tail = self.out.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        tail.starts_with(char::is_uppercase) && tail.chars().any(char::is_lowercase)
    }

    fn space(&mut self, last: Last) {
        if matches!(last, Last::Word | Last::Infix) {
            self.pad();
        }
    }

    fn pad(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '(', '[']) {
            self.out.push(' ');
        }
    }
}

fn joins(op: &str, next: char) -> bool {
    let whole = format!("{op}{next}");
    matches!(
        whole.as_str(),
        "::" | "->"
            | "=>"
            | "=="
            | "!="
            | "<="
            | ">="
            | "&&"
            | "||"
            | "<<"
            | ">>"
            | ".."
            | "..="
            | "..."
            | "+="
            | "-="
            | "*="
            | "/="
            | "%="
            | "^="
            | "&="
            | "|="
            | "<<="
            | ">>="
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) {
        assert_eq!(line(&text.parse().unwrap()), text);
    }

    #[test]
    fn common_code_reads_as_written() {
        same("mean(&x, 2.0)");
        same("f(&mut x, -1, !y, *z)");
        same("a + b * (c - 2) >= 3 && !d");
        same("xs.iter().map(|x| x * 2).collect::<Vec<f64>>()");
        same("apply(|a, b| a + b, move || k)");
        same("Point { x: 1, y: [1, 2, 3] }");
        same("&x.items[1..n]");
        same("std::mem::take(&mut x)");
        same("x as f64");
        same("f(\"a\", 'c', b\"x\")");
        same("vec![1, 2]");
        same("if a { b } else { c }");
        same("f(|(a, b)| a, 0..=9)");
    }

    #[test]
    fn inputs_are_holes() {
        let tokens = "f(&__dispatch_input_0, (*__dispatch_input_1).total, __dispatch_input_0)".parse().unwrap();
        let hole = |text: &str| Hole { text: text.to_owned(), ..Hole::default() };
        let lent = Hole { before: "&", ..hole("b") };
        assert_eq!(form(&tokens, &[hole("a"), lent]), "f(&\u{1}a\u{2}, \u{1}b\u{2}.total, \u{3}0\u{2})");
    }
}
