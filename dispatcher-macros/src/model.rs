//! The model: a body as the later phases see it.
//!
//! It is the user's expression tree with two things added: every name that stands for a local
//! variable is resolved to that variable (`Use`), and every call is sorted by the shape of its path
//! (`Callee`). All of the user's tokens are kept, with their spans.
//!
//! It does not know which values are lazy, nor which uses are the last ones: `analysis` does.

pub(crate) mod build;
pub(crate) mod print;
pub(crate) mod walk;

use proc_macro2::{Ident, Span, TokenStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Token, token};

/// A local variable, by its place in `Body::locals`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct LocalId(pub(crate) usize);

/// A body with its variables.
pub(crate) struct Body {
    pub(crate) locals: Vec<Local>,
    /// Bindings of each parameter, in order.
    pub(crate) params: Vec<Pattern>,
    pub(crate) block: Block,
    /// How many uses of locals there are; `Use::at` is below it.
    pub(crate) uses: usize,
    /// How many closures there are; `Closure::number` is below it.
    pub(crate) closures: usize,
}

/// What is known of a local from its declaration alone.
pub(crate) struct Local {
    pub(crate) name: Ident,
    pub(crate) mutable: bool,
    pub(crate) origin: Origin,
    /// The type that a `let` writes.
    pub(crate) ty: Option<syn::Type>,
    /// Of a parameter by value: its written type has no borrow in it.
    pub(crate) owned_type: bool,
    /// How many closures surround the declaration.
    pub(crate) depth: usize,
}

/// Where a local comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// A parameter whose type is not a reference and doesn't mention `Node`.
    Value,
    /// A parameter of type `&T`.
    Ref,
    /// A parameter of type `&mut T`.
    Mut,
    /// A parameter of type `Node<T>`.
    Node,
    /// A parameter of type `&Node<T>`.
    NodeRef,
    /// A parameter whose type holds nodes.
    Nodes,
    /// A `let`.
    Let,
    /// A parameter of a closure, a loop's or a match's pattern.
    Pattern,
    /// A variable of the surroundings that the macro doesn't see.
    Outer,
}

/// One mention of a local.
#[derive(Clone)]
pub(crate) struct Use {
    pub(crate) id: LocalId,
    /// The number of this mention.
    pub(crate) at: usize,
    pub(crate) name: Ident,
    /// How many closures surround the mention.
    pub(crate) depth: usize,
}

/// A pattern and the locals that it binds.
pub(crate) struct Pattern {
    pub(crate) pat: syn::Pat,
    /// Whether it may fail to match, and so may name constants.
    pub(crate) refutable: bool,
    pub(crate) binds: Vec<LocalId>,
}

/// A block of statements.
pub(crate) struct Block {
    pub(crate) brace: token::Brace,
    pub(crate) stmts: Vec<Stmt>,
}

/// One statement.
pub(crate) enum Stmt {
    Let(Box<Let>),
    /// An expression, with its semicolon.
    Expr(Box<Expr>, Option<Token![;]>, Box<Options>),
    /// A nested item; stays untouched.
    Item(TokenStream),
}

/// A `let` statement.
pub(crate) struct Let {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) options: Options,
    pub(crate) let_token: Token![let],
    pub(crate) pattern: Pattern,
    pub(crate) ty: Option<syn::Type>,
    pub(crate) init: Option<Expr>,
    pub(crate) diverge: Option<Block>,
    pub(crate) semi: Token![;],
}

/// What `#[label]` and its like say about a statement.
#[derive(Default, Clone)]
pub(crate) struct Options {
    pub(crate) label: Option<syn::Expr>,
    pub(crate) retry: Option<Retry>,
    /// A `Duration`.
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) priority: Option<syn::Expr>,
    /// `#[eager]`.
    pub(crate) eager: bool,
    /// Where the first of them stands.
    pub(crate) span: Option<Span>,
}

impl Options {
    /// Whether an operation is asked to have any option.
    pub(crate) fn any(&self) -> bool {
        self.label.is_some() || self.retry.is_some() || self.timeout.is_some() || self.priority.is_some()
    }
}

/// `#[retry(3, when = …, backoff = …)]`.
#[derive(Clone)]
pub(crate) struct Retry {
    pub(crate) times: syn::Expr,
    /// Which errors are a reason to try again.
    pub(crate) when: Option<syn::Expr>,
    pub(crate) backoff: Option<syn::Expr>,
    pub(crate) span: Span,
}

/// An expression.
pub(crate) struct Expr {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// How a call is lowered, by the look of its path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Callee {
    /// A free function: always an operation.
    Free,
    /// `Type::function`: an operation where an argument is lazy.
    Associated,
    /// The last segment is in UpperCamelCase: runs now.
    Constructor,
    /// A closure in a local, or an expression that gives a function: runs now.
    Value,
    /// A function that was handed over by its name (`.map(f)`): runs now, as it would in the hands of whom it is given to.
    Named,
}

/// A call.
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) func: Box<Expr>,
    pub(crate) paren: token::Paren,
    pub(crate) args: Vec<Expr>,
}

/// A method call.
pub(crate) struct Method {
    pub(crate) receiver: Box<Expr>,
    pub(crate) dot: Token![.],
    pub(crate) name: Ident,
    pub(crate) turbofish: Option<syn::AngleBracketedGenericArguments>,
    pub(crate) paren: token::Paren,
    pub(crate) args: Vec<Expr>,
}

/// A closure.
pub(crate) struct Closure {
    pub(crate) number: usize,
    /// The tokens before the first bar: `move`, `const` and the like.
    pub(crate) head: TokenStream,
    pub(crate) is_async: bool,
    pub(crate) params: Vec<Pattern>,
    pub(crate) output: Option<(Token![->], syn::Type)>,
    pub(crate) body: Box<Expr>,
    /// How many closures surround its body.
    pub(crate) depth: usize,
}

/// An arm of a `match`.
pub(crate) struct Arm {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pattern: Pattern,
    pub(crate) guard: Option<(Token![if], Expr)>,
    pub(crate) arrow: Token![=>],
    pub(crate) body: Expr,
}

/// The bracket of a list: `[…]` or `vec![…]`.
pub(crate) enum List {
    Array(token::Bracket),
    Vec(syn::Path, Span),
}

/// What a macro call is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// Prints or formats.
    Print,
    /// Asserts.
    Assert,
    /// Never returns.
    Panic,
    /// `matches!`.
    Matches,
    /// Not known: its tokens are left as they are.
    Opaque,
}

/// A macro call.
pub(crate) struct MacroCall {
    pub(crate) mac: syn::Macro,
    pub(crate) family: Family,
    /// The arguments that parse as expressions, with names before `=`.
    pub(crate) args: Vec<(Option<Ident>, Expr)>,
    /// What follows the arguments, from the comma on.
    pub(crate) rest: TokenStream,
    /// Locals mentioned in tokens that were not parsed.
    pub(crate) mentions: Vec<Use>,
}

/// A struct literal.
pub(crate) struct Struct {
    pub(crate) qself: Option<syn::QSelf>,
    pub(crate) path: syn::Path,
    pub(crate) fields: Vec<(Vec<Attribute>, syn::Member, Expr)>,
    pub(crate) dots: Option<Token![..]>,
    pub(crate) rest: Option<Box<Expr>>,
}

/// The kinds of expression.
pub(crate) enum Kind {
    Lit(syn::Lit),
    /// A path that is no local: a constant, a function, a unit struct.
    Path(syn::ExprPath),
    Local(Use),
    Call(Call),
    Method(Method),
    Field(Box<Expr>, Token![.], syn::Member),
    Index(Box<Expr>, token::Bracket, Box<Expr>),
    Ref(Token![&], Option<Token![mut]>, Box<Expr>),
    Unary(syn::UnOp, Box<Expr>),
    Binary(Box<Expr>, syn::BinOp, Box<Expr>),
    Cast(Box<Expr>, Token![as], Box<syn::Type>),
    Assign(Box<Expr>, Token![=], Box<Expr>),
    AssignOp(Box<Expr>, syn::BinOp, Box<Expr>),
    Paren(token::Paren, Box<Expr>),
    /// An invisible group, from `macro_rules!`.
    Group(Box<Expr>),
    Tuple(token::Paren, Vec<Expr>),
    List(List, Vec<Expr>),
    Repeat(List, Box<Expr>, Box<Expr>),
    Struct(Box<Struct>),
    Range(Option<Box<Expr>>, syn::RangeLimits, Option<Box<Expr>>),
    Closure(Closure),
    Block(Option<syn::Label>, Block),
    Const(TokenStream),
    Unsafe(Token![unsafe], Block),
    If(Token![if], Box<Expr>, Block, Option<(Token![else], Box<Expr>)>),
    Let(Token![let], Pattern, Token![=], Box<Expr>),
    Match(Token![match], Box<Expr>, token::Brace, Vec<Arm>),
    While(Option<syn::Label>, Token![while], Box<Expr>, Block),
    Loop(Option<syn::Label>, Token![loop], Block),
    For(Option<syn::Label>, Token![for], Pattern, Token![in], Box<Expr>, Block),
    Return(Token![return], Option<Box<Expr>>),
    Break(Token![break], Option<syn::Lifetime>, Option<Box<Expr>>),
    Continue(Token![continue], Option<syn::Lifetime>),
    Macro(Box<MacroCall>),
    /// `eager!(…)`, or the value of an `#[eager]` statement.
    Eager(Box<Expr>),
    /// `op!(…)`.
    Op(Box<Expr>),
    /// `graph! { … }`.
    Graph(Block),
    Try(Box<Expr>, Token![?]),
    Await(Box<Expr>, Token![.], Token![await]),
    Async(TokenStream),
    /// What the macro doesn't lower: `yield`, verbatim tokens.
    Other(TokenStream),
}

impl Expr {
    /// The expression inside parentheses and invisible groups.
    pub(crate) fn bare(&self) -> &Expr {
        match &self.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => inner.bare(),
            _ => self,
        }
    }

    /// The local that this expression is, if it is one.
    pub(crate) fn local(&self) -> Option<&Use> {
        match &self.bare().kind {
            Kind::Local(used) => Some(used),
            _ => None,
        }
    }

    /// The one expression that an `unsafe` block holds, where that could be an operation.
    pub(crate) fn guarded(&self) -> Option<&Expr> {
        let Kind::Unsafe(_, block) = &self.kind else { return None };
        let [Stmt::Expr(inner, None, options)] = &block.stmts[..] else { return None };
        let inner = (options.span.is_none() && inner.attrs.is_empty()).then(|| inner.bare())?;
        match &inner.kind {
            Kind::Call(call) => matches!(call.callee, Callee::Free | Callee::Associated).then_some(inner),
            Kind::Method(method) if method.name == "clone" => None,
            Kind::Method(_) | Kind::Unary(..) | Kind::Index(..) | Kind::Field(..) => Some(inner),
            _ => None,
        }
    }

    /// The locals of `(a, b)`, where that is assigned to; none for a `_` among them.
    pub(crate) fn targets(&self) -> Option<Vec<Option<&Use>>> {
        let Kind::Tuple(_, items) = &self.bare().kind else { return None };
        let target = |item: &'_ Expr| item.local().is_some() || matches!(item.kind, Kind::Other(_));
        items.iter().all(target).then(|| items.iter().map(Expr::local).collect())
    }

    /// The expression at the root of a chain of fields, indices and dereferences.
    pub(crate) fn root(&self) -> &Expr {
        match &self.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => inner.root(),
            Kind::Field(base, ..) | Kind::Index(base, ..) => base.root(),
            Kind::Unary(syn::UnOp::Deref(_), base) => base.root(),
            _ => self,
        }
    }

    /// Whether it is a literal, or built of literals and constants alone.
    pub(crate) fn is_constant(&self) -> bool {
        match &self.kind {
            Kind::Lit(_) | Kind::Path(_) => true,
            Kind::Paren(_, inner) | Kind::Group(inner) | Kind::Cast(inner, ..) => inner.is_constant(),
            Kind::Unary(syn::UnOp::Neg(_) | syn::UnOp::Not(_), inner) => inner.is_constant(),
            Kind::Binary(left, _, right) => left.is_constant() && right.is_constant(),
            Kind::Range(start, _, end) => [start, end].into_iter().flatten().all(|bound| bound.is_constant()),
            _ => false,
        }
    }

    /// Whether it gives the same, and does nothing else, however often it is evaluated and wherever: it is built of literals, of
    /// constants of types, and of what the standard library's types begin with. No code of the user's is in it; nor is a name that may
    /// be a local's, which macros and patterns bind in ways that aren't seen here.
    pub(crate) fn is_made_anew(&self) -> bool {
        match &self.kind {
            Kind::Lit(_) => true,
            Kind::Path(path) => path.path.is_ident("None") || path.path.segments.len() > 1,
            Kind::Paren(_, inner) | Kind::Group(inner) => inner.is_made_anew(),
            Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..) => self.is_of_literals(),
            Kind::Tuple(_, parts) | Kind::List(_, parts) => parts.iter().all(Self::is_made_anew),
            Kind::Repeat(_, item, count) => item.is_of_literals() && count.is_of_literals(),
            Kind::Struct(literal) => {
                literal.rest.is_none() && literal.fields.iter().all(|(_, _, value)| value.is_made_anew())
            }
            Kind::Call(call) => match &call.func.kind {
                Kind::Path(path) if ["Some", "Ok", "Err"].iter().any(|name| path.path.is_ident(name)) => {
                    call.args.iter().all(Self::is_made_anew)
                }
                Kind::Path(path) => begins_as_std_does(&path.path) && call.args.iter().all(Self::is_of_literals),
                _ => false,
            },
            Kind::Method(method) => {
                let gives_text = ["to_string", "to_owned"].iter().any(|name| method.name == name);
                gives_text && method.args.is_empty() && matches!(method.receiver.bare().kind, Kind::Lit(_))
            }
            _ => false,
        }
    }

    /// Whether it is a literal, or reckoned from literals.
    fn is_of_literals(&self) -> bool {
        match &self.kind {
            Kind::Lit(_) => true,
            Kind::Paren(_, inner)
            | Kind::Group(inner)
            | Kind::Cast(inner, ..)
            | Kind::Unary(syn::UnOp::Neg(_) | syn::UnOp::Not(_), inner) => inner.is_of_literals(),
            Kind::Binary(left, _, right) => left.is_of_literals() && right.is_of_literals(),
            _ => false,
        }
    }

    /// Whether control never passes its end.
    pub(crate) fn diverges(&self) -> bool {
        match &self.kind {
            Kind::Return(..) | Kind::Break(..) | Kind::Continue(..) => true,
            Kind::Paren(_, inner) | Kind::Group(inner) => inner.diverges(),
            Kind::Macro(mac) => mac.family == Family::Panic,
            Kind::Block(None, block) | Kind::Unsafe(_, block) => block.diverges(),
            Kind::If(_, _, then, Some((_, other))) => then.diverges() && other.diverges(),
            Kind::Match(_, _, _, arms) => !arms.is_empty() && arms.iter().all(|arm| arm.body.diverges()),
            Kind::Loop(_, _, block) => !walk::breaks(block),
            _ => false,
        }
    }
}

impl Block {
    /// The expression that gives the block's value.
    pub(crate) fn tail(&self) -> Option<&Expr> {
        match self.stmts.last() {
            Some(Stmt::Expr(tail, None, _)) => Some(tail),
            _ => None,
        }
    }

    /// Whether control never passes its end.
    pub(crate) fn diverges(&self) -> bool {
        self.stmts.iter().any(|stmt| match stmt {
            Stmt::Expr(expr, ..) => expr.diverges(),
            Stmt::Let(decl) => decl.init.as_ref().is_some_and(Expr::diverges),
            Stmt::Item(_) => false,
        })
    }
}

impl Pattern {
    /// The one name that the pattern is, when it is no more than that.
    pub(crate) fn name(&self) -> Option<LocalId> {
        match strip_type(&self.pat) {
            syn::Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => self.binds.first().copied(),
            _ => None,
        }
    }

    /// Whether it is `_`.
    pub(crate) fn is_wild(&self) -> bool {
        matches!(strip_type(&self.pat), syn::Pat::Wild(_))
    }
}

/// The pattern without a type after it and without parentheses.
pub(crate) fn strip_type(pat: &syn::Pat) -> &syn::Pat {
    match pat {
        syn::Pat::Type(typed) => strip_type(&typed.pat),
        syn::Pat::Paren(paren) => strip_type(&paren.pat),
        other => other,
    }
}

/// Whether an identifier in a pattern names a constant or a unit variant and binds nothing.
pub(crate) fn is_constant_name(name: &Ident) -> bool {
    let text = name.to_string();
    text.trim_start_matches("r#").trim_start_matches('_').starts_with(char::is_uppercase)
}

/// A list of expressions with commas.
pub(crate) type Commas = Punctuated<syn::Expr, Token![,]>;

/// Whether it is how a type of the standard library begins that holds others, with nothing in it, or a text: `Vec::new`.
pub(crate) fn begins_as_std_does(path: &syn::Path) -> bool {
    const LISTS: [&str; 8] =
        ["Vec", "VecDeque", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "BinaryHeap", "LinkedList"];
    let mut segments = path.segments.iter().rev();
    let (Some(function), Some(of)) = (segments.next(), segments.next()) else { return false };
    let is_one_of = |names: &[&str]| names.iter().any(|name| function.ident == name);
    if of.ident == "String" || of.ident == "PathBuf" {
        return is_one_of(&["new", "default", "from", "with_capacity"]);
    }
    LISTS.iter().any(|name| of.ident == name) && is_one_of(&["new", "default", "with_capacity"])
}
