//! The attributes on statements: `#[label]`, `#[retry]`, `#[timeout]`, `#[priority]` and `#[eager]`.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Token};

use crate::errors::Errors;
use crate::model::{Options, Retry};

const OPTIONS: [&str; 5] = ["label", "retry", "timeout", "priority", "eager"];

const LABEL: &str = "`#[label]` takes one argument: write `#[label(\"first pass\")]`";
const RETRY: &str = "`#[retry]` takes how many more times to try: write `#[retry(3)]`, and if you like \
     `when = |error: &Error| …` and `backoff = …` after it";
const TIMEOUT: &str = "`#[timeout]` takes a time with its unit, or a `Duration`: write `#[timeout(\"5s\")]`";
const PRIORITY: &str = "`#[priority]` takes one whole number, of which the highest goes first: write `#[priority(1)]`";

/// Whether the attribute is one of the library's own for statements.
pub(crate) fn is_option(attr: &Attribute) -> bool {
    OPTIONS.iter().any(|name| attr.path().is_ident(name))
}

/// Takes the library's own attributes from a statement's.
pub(crate) fn take_options(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let (own, others) = std::mem::take(attrs).into_iter().partition::<Vec<_>, _>(is_option);
    *attrs = others;
    for attr in own {
        options.span.get_or_insert(attr.span());
        let name = attr.path().get_ident().map(Ident::to_string).unwrap_or_default();
        let twice = match &*name {
            "eager" => {
                if !matches!(attr.meta, syn::Meta::Path(_)) {
                    errors.on(&attr, "`#[eager]` takes no argument: write `#[eager]`");
                }
                options.eager = true;
                false
            }
            "label" => argument(&attr, LABEL, errors).is_some_and(|label| {
                text_only(&label, errors);
                options.label.replace(label).is_some()
            }),
            "retry" => retry(&attr, errors).is_some_and(|retry| options.retry.replace(retry).is_some()),
            "timeout" => timeout(&attr, errors).is_some_and(|limit| options.timeout.replace(limit).is_some()),
            _ => argument(&attr, PRIORITY, errors).is_some_and(|priority| {
                number_only(&priority, PRIORITY, errors);
                options.priority.replace(priority).is_some()
            }),
        };
        if twice {
            errors.on(&attr, format!("`#[{name}]` stands here twice: keep one"));
        }
    }
    options
}

/// The one argument of an attribute.
fn argument(attr: &Attribute, sentence: &str, errors: &mut Errors) -> Option<syn::Expr> {
    let argument = match &attr.meta {
        syn::Meta::List(list) => list.parse_args::<syn::Expr>().ok(),
        _ => None,
    };
    if argument.is_none() {
        errors.on(attr, sentence);
    }
    argument
}

fn literal(expr: &syn::Expr) -> Option<&syn::Lit> {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

fn text_only(label: &syn::Expr, errors: &mut Errors) {
    use syn::Lit::{Bool, Byte, Float, Int};
    if let Some(lit @ (Int(_) | Float(_) | Bool(_) | Byte(_))) = literal(label) {
        let text = lit.to_token_stream().to_string();
        errors.on(lit, format!("`#[label]` takes text: write `#[label(\"{text}\")]`"));
    }
}

fn number_only(expr: &syn::Expr, sentence: &str, errors: &mut Errors) {
    let literal = match expr {
        syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => literal(expr),
        expr => literal(expr),
    };
    if let Some(lit) = literal.filter(|lit| !matches!(lit, syn::Lit::Int(_))) {
        errors.on(lit, sentence);
    }
}

/// What stands in the brackets of `#[retry(…)]`.
struct RetryArguments {
    times: syn::Expr,
    named: Vec<(Ident, syn::Expr)>,
}

impl Parse for RetryArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let times = input.parse()?;
        let mut named = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            named.push((name, input.parse()?));
        }
        Ok(Self { times, named })
    }
}

fn retry(attr: &Attribute, errors: &mut Errors) -> Option<Retry> {
    let arguments = match &attr.meta {
        syn::Meta::List(list) => list.parse_args::<RetryArguments>().ok(),
        _ => None,
    };
    let Some(RetryArguments { times, named }) = arguments else {
        errors.on(attr, RETRY);
        return None;
    };
    match literal(&times) {
        Some(syn::Lit::Int(number)) if number.base10_parse::<u32>().is_ok_and(|times| times == 0) => {
            errors.on(&times, "`#[retry(0)]` never tries again: leave it out, or say how often");
        }
        Some(syn::Lit::Int(_)) | None => {}
        Some(lit) => errors.on(lit, RETRY),
    }
    let mut retry = Retry { times, when: None, backoff: None, span: attr.span() };
    for (name, value) in named {
        let place = match &*name.to_string() {
            "when" => &mut retry.when,
            "backoff" => &mut retry.backoff,
            _ => {
                errors.on(&name, format!("`#[retry]` knows `when` and `backoff`, and no `{name}`"));
                continue;
            }
        };
        if place.replace(value).is_some() {
            errors.on(&name, format!("`{name}` stands here twice: keep one"));
        }
    }
    Some(retry)
}

/// The `Duration` that `#[timeout("5s")]` says.
fn timeout(attr: &Attribute, errors: &mut Errors) -> Option<TokenStream> {
    let limit = argument(attr, TIMEOUT, errors)?;
    let text = match literal(&limit) {
        Some(syn::Lit::Str(text)) => text,
        Some(lit) => {
            errors.on(lit, TIMEOUT);
            return None;
        }
        None => return Some(limit.into_token_stream()),
    };
    let duration = text.value().parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    match duration.filter(|time| !time.is_zero()) {
        Some(time) => {
            let (seconds, nanoseconds) = (time.as_secs(), time.subsec_nanos());
            Some(quote!(::core::time::Duration::new(#seconds, #nanoseconds)))
        }
        None => {
            errors.on(
                text,
                format!(
                    "`{}` is no time that an operation may take: write one like `\"5s\"`, `\"250ms\"` or `\"1m 30s\"`",
                    text.value()
                ),
            );
            None
        }
    }
}
