//! The expression language of correlation documents (DT-COR-18): comparisons, `and`/`or`/`not`, arithmetic, `has`,
//! `in list`; no loops, no calls out. Types are checked when the document is loaded.

use super::lexer::{Token, tokens};

/// Nesting allowed.
const DEPTH_MAX: usize = 32;

/// Type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Number,
    Bool,
    Text,
    /// Names that were collected.
    Set,
}

/// A value at run time; `Absent` makes every comparison false.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Number(f64),
    Bool(bool),
    Text(&'a str),
    Absent,
}

/// Names that an expression may use.
pub(crate) trait Scope {
    /// Type and place of a name such as `rate.low`.
    fn resolve(&self, name: &str) -> Option<(Type, usize)>;
    /// Number of a list of words.
    fn list(&self, name: &str) -> Option<usize>;
}

/// Values of those names.
pub(crate) trait Values {
    fn value(&self, place: usize) -> Value<'_>;
    /// Does the list hold the word?
    fn in_list(&self, list: usize, word: &str) -> bool;
    /// Does the set hold a member with this property?
    fn has(&self, place: usize, property: &str) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    And,
    Or,
    Equal,
    Unequal,
    Less,
    LessEqual,
    More,
    MoreEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A checked expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Number(f64),
    Word(String),
    Name(usize),
    Not(Box<Expr>),
    Pair(Op, Box<Expr>, Box<Expr>),
    InList(usize, usize),
    Has(usize, String),
}

impl Expr {
    /// Reads and checks an expression; `wanted` is the type it must have.
    ///
    /// # Errors
    /// Says which word was not expected, and what was.
    pub(crate) fn parse(text: &str, scope: &dyn Scope, wanted: Type) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, scope, depth: 0 };
        let (expr, found) = parser.or()?;
        if let Some(rest) = parser.peek() {
            return Err(format!("{rest} was not expected in {text:?}"));
        }
        if found != wanted {
            return Err(format!("{text:?} is of type {found:?}, expected {wanted:?}"));
        }
        Ok(expr)
    }

    /// Is it true for these values?
    pub(crate) fn holds(&self, values: &dyn Values) -> bool {
        self.eval(values) == Value::Bool(true)
    }

    /// Names that it reads.
    pub(crate) fn names(&self, out: &mut Vec<usize>) {
        match self {
            Self::Name(place) | Self::InList(place, _) | Self::Has(place, _) => out.push(*place),
            Self::Not(inner) => inner.names(out),
            Self::Pair(_, left, right) => {
                left.names(out);
                right.names(out);
            }
            Self::Number(_) | Self::Word(_) => {}
        }
    }

    fn eval<'a>(&'a self, values: &'a dyn Values) -> Value<'a> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Word(word) => Value::Text(word),
            Self::Name(place) => values.value(*place),
            Self::Not(inner) => Value::Bool(!inner.holds(values)),
            Self::Pair(Op::And, left, right) => Value::Bool(left.holds(values) && right.holds(values)),
            Self::Pair(Op::Or, left, right) => Value::Bool(left.holds(values) || right.holds(values)),
            Self::Pair(op, left, right) => pair(*op, left.eval(values), right.eval(values)),
            Self::InList(place, list) => match values.value(*place) {
                Value::Text(word) => Value::Bool(values.in_list(*list, word)),
                _ => Value::Bool(false),
            },
            Self::Has(place, property) => Value::Bool(values.has(*place, property)),
        }
    }
}

#[expect(clippy::float_cmp, reason = "equality of counts")]
fn pair<'a>(op: Op, left: Value<'a>, right: Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => match op {
            Op::Add => Value::Number(a + b),
            Op::Subtract => Value::Number(a - b),
            Op::Multiply => Value::Number(a * b),
            Op::Divide if b == 0.0 => Value::Absent,
            Op::Divide => Value::Number(a / b),
            Op::Equal => Value::Bool(a == b),
            Op::Unequal => Value::Bool(a != b),
            Op::Less => Value::Bool(a < b),
            Op::LessEqual => Value::Bool(a <= b),
            Op::More => Value::Bool(a > b),
            Op::MoreEqual => Value::Bool(a >= b),
            Op::And | Op::Or => Value::Bool(false),
        },
        (Value::Text(a), Value::Text(b)) => match op {
            Op::Equal => Value::Bool(a == b),
            Op::Unequal => Value::Bool(a != b),
            _ => Value::Bool(false),
        },
        (Value::Bool(a), Value::Bool(b)) => match op {
            Op::Equal => Value::Bool(a == b),
            Op::Unequal => Value::Bool(a != b),
            _ => Value::Bool(false),
        },
        _ => match op {
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide => Value::Absent,
            _ => Value::Bool(false),
        },
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    scope: &'a dyn Scope,
    depth: usize,
}

type Typed = Result<(Expr, Type), String>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(name)) if name == word)
            || matches!(self.peek(), Some(Token::Sign(sign)) if *sign == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Typed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels of parentheses"));
        }
        let mut left = self.and()?;
        while self.take("or") {
            let right = self.and()?;
            left = logic(Op::Or, left, right)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Typed {
        let mut left = self.not()?;
        while self.take("and") {
            let right = self.not()?;
            left = logic(Op::And, left, right)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Typed {
        let mut turned = false;
        while self.take("not") {
            turned = !turned;
        }
        let (expr, found) = self.comparison()?;
        if !turned {
            return Ok((expr, found));
        }
        expect(found, Type::Bool, "not")?;
        Ok((Expr::Not(Box::new(expr)), Type::Bool))
    }

    fn comparison(&mut self) -> Typed {
        let (left, kind) = self.sum()?;
        if self.take("has") {
            expect(kind, Type::Set, "has")?;
            let (Expr::Name(place), Some(Token::Name(property))) = (left, self.peek()) else {
                return Err("`has` stands between a collection and a property".to_owned());
            };
            if property != "privileged" {
                return Err(format!("`has {property}`: expected `has privileged`"));
            }
            self.at += 1;
            return Ok((Expr::Has(place, property.clone()), Type::Bool));
        }
        if self.take("in") {
            return self.in_list(left, kind);
        }
        let signs = [
            ("==", Op::Equal),
            ("!=", Op::Unequal),
            ("<=", Op::LessEqual),
            (">=", Op::MoreEqual),
            ("<", Op::Less),
            (">", Op::More),
        ];
        let Some((sign, op)) = signs.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Ok((left, kind));
        };
        let (right, other) = self.sum()?;
        let numbers = |found| expect(found, Type::Number, sign);
        if matches!(op, Op::Equal | Op::Unequal) {
            let number = |kind| matches!(kind, Type::Number | Type::Set);
            if kind != other && !(number(kind) && number(other)) {
                return Err(format!("`{sign}` compares {kind:?} with {other:?}"));
            }
        } else {
            numbers(plain(kind))?;
            numbers(plain(other))?;
        }
        Ok((Expr::Pair(op, Box::new(left), Box::new(right)), Type::Bool))
    }

    fn in_list(&mut self, left: Expr, kind: Type) -> Typed {
        expect(kind, Type::Text, "in list")?;
        if !self.take("list") {
            return Err("expected `list` after `in`".to_owned());
        }
        let (Expr::Name(place), Some(Token::Name(name))) = (left, self.peek()) else {
            return Err("`in list` stands between a field and the name of a list".to_owned());
        };
        let list = self.scope.list(name).ok_or_else(|| format!("params: there is no list {name:?}"))?;
        self.at += 1;
        Ok((Expr::InList(place, list), Type::Bool))
    }

    fn sum(&mut self) -> Typed {
        let mut left = self.product()?;
        while let Some(op) =
            [("+", Op::Add), ("-", Op::Subtract)].into_iter().find(|(sign, _)| self.take(sign))
        {
            let right = self.product()?;
            left = arithmetic(op, left, right)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Typed {
        let mut left = self.atom()?;
        while let Some(op) =
            [("*", Op::Multiply), ("/", Op::Divide)].into_iter().find(|(sign, _)| self.take(sign))
        {
            let right = self.atom()?;
            left = arithmetic(op, left, right)?;
        }
        Ok(left)
    }

    fn atom(&mut self) -> Typed {
        if self.take("(") {
            let inner = self.or()?;
            return if self.take(")") { Ok(inner) } else { Err("expected `)`".to_owned()) };
        }
        let Some(token) = self.peek() else { return Err("the expression ends too early".to_owned()) };
        self.at += 1;
        match token {
            Token::Number(number) => Ok((Expr::Number(*number), Type::Number)),
            Token::Text(text) => Ok((Expr::Word(text.clone()), Type::Text)),
            Token::Name(name) => match self.scope.resolve(name) {
                Some((kind, place)) => Ok((Expr::Name(place), kind)),
                // A bare word on the right of a comparison is text: `outcome == success`.
                None if self.after_comparison() => Ok((Expr::Word(name.clone()), Type::Text)),
                None => Err(format!("{name:?} is no field, no state and no parameter")),
            },
            Token::Sign(sign) => Err(format!("`{sign}` was not expected")),
        }
    }

    fn after_comparison(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        matches!(before, Some(Token::Sign("==" | "!=")))
    }
}

/// A collection stands for its size.
fn plain(kind: Type) -> Type {
    if kind == Type::Set { Type::Number } else { kind }
}

fn expect(found: Type, wanted: Type, word: &str) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("`{word}` needs {wanted:?}, found {found:?}")) }
}

fn logic(op: Op, left: (Expr, Type), right: (Expr, Type)) -> Typed {
    let word = if op == Op::And { "and" } else { "or" };
    expect(left.1, Type::Bool, word)?;
    expect(right.1, Type::Bool, word)?;
    Ok((Expr::Pair(op, Box::new(left.0), Box::new(right.0)), Type::Bool))
}

fn arithmetic((_, op): (&str, Op), left: (Expr, Type), right: (Expr, Type)) -> Typed {
    expect(plain(left.1), Type::Number, "arithmetic")?;
    expect(plain(right.1), Type::Number, "arithmetic")?;
    Ok((Expr::Pair(op, Box::new(left.0), Box::new(right.0)), Type::Number))
}
