//! What the lexer makes of the text: tokens of a kind, a start and a length. Values are read from the text when needed.

/// Makes [`TokenKind`], its description for messages, and the table of keywords.
macro_rules! tokens {
    (
        special { $($special:ident $special_text:literal,)* }
        keywords { $($keyword:ident $keyword_text:literal,)* }
        punctuation { $($punct:ident $punct_text:literal,)* }
    ) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TokenKind { $($special,)* $($keyword,)* $($punct,)* }

        impl TokenKind {
            /// As messages name it: keywords and punctuation in backquotes, others in words.
            pub fn describe(self) -> &'static str {
                match self {
                    $(TokenKind::$special => $special_text,)*
                    $(TokenKind::$keyword => concat!("`", $keyword_text, "`"),)*
                    $(TokenKind::$punct => concat!("`", $punct_text, "`"),)*
                }
            }

            pub fn is_keyword(self) -> bool {
                matches!(self, $(TokenKind::$keyword)|*)
            }

            /// The keyword that a name is, if it is one.
            #[allow(non_upper_case_globals, reason = "constants are named as the variants that they are matched for")]
            pub fn keyword(name: &[u8]) -> Option<TokenKind> {
                $(const $keyword: &[u8] = $keyword_text.as_bytes();)*
                match name {
                    $($keyword => Some(TokenKind::$keyword),)*
                    _ => None,
                }
            }
        }

        /// The reserved words, for tools.
        pub const KEYWORDS: &[&str] = &[$($keyword_text,)*];
    };
}

tokens! {
    special {
        Eof "the end of the file",
        Ident "a name",
        Int "a number",
        Float "a number",
        Char "a character literal",
        Str "a string",
        RawStr "a string",
        ByteStr "a byte string",
        // An f-string is a sequence of tokens: `f"`, then texts and, between braces, the tokens of the expressions, then `"`.
        FStrStart "an f-string",
        FStrText "text of an f-string",
        FStrOpen "`{`",
        FStrSpec "a format",
        FStrClose "`}`",
        FStrEnd "the end of an f-string",
        // Characters that are no token; the lexer has reported them.
        Unknown "an unknown character",
    }
    keywords {
        As "as",
        Break "break",
        Catch "catch",
        Const "const",
        Constantize "constantize",
        Continue "continue",
        Defer "defer",
        Dyn "dyn",
        Else "else",
        Enum "enum",
        False "false",
        Fn "fn",
        For "for",
        If "if",
        Impl "impl",
        Import "import",
        In "in",
        Let "let",
        Loop "loop",
        New "new",
        Nil "nil",
        OnReturn "on_return",
        Pass "pass",
        Protocol "protocol",
        Pub "pub",
        Return "return",
        Struct "struct",
        Switch "switch",
        True "true",
        Try "try",
        Type "type",
        Unreachable "unreachable",
        Using "using",
        Var "var",
        Where "where",
        While "while",
        With "with",
        Yield "yield",
    }
    punctuation {
        LParen "(",
        RParen ")",
        LBracket "[",
        RBracket "]",
        LBrace "{",
        RBrace "}",
        Comma ",",
        Semi ";",
        Colon ":",
        Dot ".",
        DotStar ".*",
        DotDot "..",
        DotDotEq "..=",
        Ellipsis "...",
        Arrow "->",
        FatArrow "=>",
        At "@",
        Hash "#",
        Question "?",
        QuestionQuestion "??",
        Bang "!",
        Tilde "~",
        Plus "+",
        Minus "-",
        Star "*",
        Slash "/",
        Percent "%",
        PercentPercent "%%",
        Shl "<<",
        Shr ">>",
        And "&",
        Or "|",
        Caret "^",
        AndAnd "&&",
        OrOr "||",
        PipeGt "|>",
        EqEq "==",
        Ne "!=",
        Lt "<",
        Le "<=",
        Gt ">",
        Ge ">=",
        Eq "=",
        PlusEq "+=",
        MinusEq "-=",
        StarEq "*=",
        SlashEq "/=",
        PercentEq "%=",
        AndEq "&=",
        OrEq "|=",
        CaretEq "^=",
        ShlEq "<<=",
        ShrEq ">>=",
    }
}

/// One token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    pub kind: TokenKind,
    /// A line break stands between the previous token and this one.
    pub after_newline: bool,
    pub start: u32,
    pub len: u32,
}

impl Token {
    pub fn end(self) -> u32 {
        self.start + self.len
    }
}

/// A comment of any kind, with its marks: where it is, and which token follows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Index of the token after the comment.
    pub before: u32,
    pub start: u32,
    pub end: u32,
}

/// A `///` line: where its text is, and which token follows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DocLine {
    /// Index of the token after the comment.
    pub before: u32,
    pub start: u32,
    pub end: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_and_nothing_else() {
        for &word in KEYWORDS {
            let kind = TokenKind::keyword(word.as_bytes()).unwrap();
            assert!(kind.is_keyword());
            assert_eq!(kind.describe(), format!("`{word}`"));
        }
        for name in ["by", "error", "test", "module", "context", "result", "restrict", "Self", "iff", "e", ""] {
            assert_eq!(TokenKind::keyword(name.as_bytes()), None, "{name}");
        }
        assert_eq!(size_of::<Token>(), 12);
    }
}
