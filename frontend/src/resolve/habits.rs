//! Names that other languages have for what is called otherwise here.

/// What to write in place of a name that is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Instead {
    /// This name.
    Name(&'static str),
    /// Something else, in words.
    Help(&'static str),
}

/// The name of another language's built-in value or function, and what stands for it here.
pub(crate) fn instead(name: &str) -> Option<Instead> {
    use Instead::{Help, Name};
    Some(match name {
        "null" | "NULL" | "nullptr" | "None" | "none" => Name("nil"),
        "True" | "TRUE" => Name("true"),
        "False" | "FALSE" => Name("false"),
        "println" | "printf" | "puts" | "echo" | "console" | "cout" => {
            Help("`print(a, b)` writes values and a line end, `write(a, b)` only the values")
        }
        "eprintln" | "perror" => Name("eprint"),
        "sprintf" | "format" | "String" | "string" | "to_string" => Help("`f\"{x}\"` makes a text of a value"),
        "len" | "length" | "size" | "count" | "strlen" => Help("the length of `x` is `x.len`"),
        "sizeof" => Help("the size of a type is `size_of!(T)`"),
        "malloc" | "calloc" => Help("`alloc!(T)(n)` gives a slice of `n` elements, `create!(T)(v)` a pointer to one"),
        "input" | "gets" | "readline" | "scanf" => {
            Help("`read_line()` gives the next line of standard input, a `?str`")
        }
        "atoi" | "parseInt" | "int" => Help("`parse_i64(text)` gives a `?i64`; a number is converted with `x as i64`"),
        "atof" | "parseFloat" | "float" => {
            Help("`parse_f64(text)` gives a `?f64`; a number is converted with `x as f64`")
        }
        "range" => Help("a range is written `0..n`"),
        "Some" => Help("a value becomes an optional by itself"),
        "Ok" => Help("`return value;` gives a value"),
        "Err" => Help("`return error e;` gives an error"),
        "this" => Help("a function of a type names its first parameter, as in `fn f(self: *Self)`"),
        "throw" | "raise" => Help("`return error e;` gives an error"),
        "abort" => Help("`panic(message)` traps, `exit(status)` ends the program"),
        "typeof" | "instanceof" => Help("types are known while compiling; `switch` tells the cases of an enum apart"),
        _ => return None,
    })
}
