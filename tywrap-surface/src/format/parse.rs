//! Reading types, literals and signatures from text.

use rustc_hash::FxHashMap;

use crate::model::{
    CallableParam, DefaultValue, Field, Literal, Param, ParamKind, Prop, QName, Sig, Type, TypeParam, TypeParamKind,
};
use crate::walk::Named;

/// How deep types may nest; no real one comes near, and a file made to exhaust the stack is refused.
const MAX_DEPTH: usize = 200;

/// The table of short names of one file.
pub(super) type Table = FxHashMap<String, (Named, QName)>;

/// What was expected, as a sentence fragment.
pub(super) type Fault = String;

type Parsed<T> = Result<T, Fault>;

/// Reads one text to its end.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    table: &'t Table,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, table: &'t Table) -> Self {
        Self { text, at: 0, table, depth: 0 }
    }

    /// Runs `read` and requires that nothing follows.
    pub(super) fn whole<T>(mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let value = read(&mut self)?;
        self.spaces();
        if self.at < self.text.len() { self.fail("the end") } else { Ok(value) }
    }

    pub(super) fn ty(&mut self) -> Parsed<Type> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("types nest too deeply".to_owned());
        }
        let first = self.operand()?;
        self.spaces();
        let ty = if self.peek() == Some(b'|') {
            let mut types = vec![first];
            while self.take("|") {
                types.push(self.operand()?);
            }
            Type::Union(types)
        } else {
            first
        };
        self.depth -= 1;
        Ok(ty)
    }

    fn operand(&mut self) -> Parsed<Type> {
        self.spaces();
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                let ty = self.ty()?;
                self.expect(")")?;
                Ok(ty)
            }
            Some(b'[') => self.param_list(),
            Some(b'*') => {
                self.at += 1;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err("types nest too deeply".to_owned());
                }
                let ty = self.operand()?;
                self.depth -= 1;
                Ok(Type::Unpack(Box::new(ty)))
            }
            Some(b'~') => {
                self.at += 1;
                Ok(Type::Var(self.ident()?.to_owned()))
            }
            Some(b'\'' | b'-' | b'0'..=b'9') => Ok(Type::Lit(self.literal()?)),
            Some(b'b') if self.rest().starts_with("b'") => Ok(Type::Lit(self.literal()?)),
            _ => self.named(),
        }
    }

    /// A type that starts with a word.
    fn named(&mut self) -> Parsed<Type> {
        let start = self.at;
        let word = self.dotted()?;
        let ty = match word {
            "Any" => Type::Any,
            "Never" => Type::Never,
            "None" => Type::None,
            "Self" => Type::SelfType,
            "True" => Type::Lit(Literal::Bool(true)),
            "False" => Type::Lit(Literal::Bool(false)),
            "Float" => {
                self.at = start;
                Type::Lit(self.literal()?)
            }
            "Unknown" => self.bracketed(|p| Ok(Type::Unknown(p.string('\'')?)))?,
            "Literal" => self.bracketed(|p| Ok(Type::Lit(p.literal()?)))?,
            "tuple" => self.bracketed(Self::tuple)?,
            "type" => self.bracketed(|p| Ok(Type::TypeOf(Box::new(p.ty()?))))?,
            "TypeGuard" => self.bracketed(|p| Ok(Type::Guard(Box::new(p.ty()?))))?,
            "Callable" => self.bracketed(|p| {
                let params = if p.take("...") { Type::Any } else { p.ty()? };
                p.expect(",")?;
                Ok(Type::Callable(Box::new(params), Box::new(p.ty()?)))
            })?,
            "NewType" => self.bracketed(|p| {
                p.spaces();
                let name = p.dotted()?;
                let Some((Named::NewType, name)) = p.table.get(name) else {
                    return Err(format!("`{name}` is not a `newtype` in `names`"));
                };
                p.expect(",")?;
                Ok(Type::NewType(name.clone(), Box::new(p.ty()?)))
            })?,
            "Annotated" => self.bracketed(|p| {
                let ty = p.ty()?;
                let mut notes = Vec::new();
                while p.take(",") {
                    notes.push(p.string('\'')?);
                }
                Ok(Type::Annotated(Box::new(ty), notes))
            })?,
            name => {
                let Some((kind, name)) = self.table.get(name) else {
                    return Err(format!("`{name}` is not in `names`"));
                };
                let args =
                    if self.peek() == Some(b'[') { self.bracketed(|p| p.list("]", Self::ty))? } else { Vec::new() };
                match kind {
                    Named::Class => Type::Class(name.clone(), args),
                    Named::Alias => Type::Alias(name.clone(), args),
                    Named::NewType => return Err(format!("`{name}` is a `newtype`, which is written `NewType[…]`")),
                }
            }
        };
        Ok(ty)
    }

    fn tuple(&mut self) -> Parsed<Type> {
        if self.take("()") {
            return Ok(Type::Tuple(Vec::new()));
        }
        let mut types = vec![self.ty()?];
        while self.take(",") {
            if self.take("...") {
                return match types.pop() {
                    Some(ty) if types.is_empty() => Ok(Type::TupleOf(Box::new(ty))),
                    _ => self.fail("`...` after exactly one type"),
                };
            }
            types.push(self.ty()?);
        }
        Ok(Type::Tuple(types))
    }

    fn param_list(&mut self) -> Parsed<Type> {
        self.expect("[")?;
        let mut params: Vec<CallableParam> = Vec::new();
        let mut after_star = false;
        let mut first = true;
        while !self.take("]") {
            if !std::mem::take(&mut first) {
                self.expect(",")?;
            }
            self.spaces();
            if self.take("/") {
                for param in &mut params {
                    param.kind = ParamKind::PosOnly;
                }
                continue;
            }
            let was_after_star = after_star;
            let kind = match self.marker(&mut after_star)? {
                Marker::Bare => continue,
                Marker::Param(kind) => kind,
            };
            let name = self.param_name();
            let nameless = name.is_none() && kind != ParamKind::VarPos && kind != ParamKind::VarKw;
            let ty = self.ty()?;
            let optional = self.take("=");
            if optional {
                self.expect("...")?;
            }
            params.push(match name {
                Some(name) => CallableParam { name, kind, ty, optional },
                None if nameless => CallableParam { name: None, kind: ParamKind::PosOnly, ty, optional },
                // Without a name and a `:`, the star belongs to the type: an unpacked one.
                None => {
                    after_star = was_after_star;
                    CallableParam { name: None, kind: ParamKind::PosOnly, ty: Type::Unpack(Box::new(ty)), optional }
                }
            });
        }
        Ok(Type::ParamList(params))
    }

    /// `name:` or `?:`, or nothing if no `:` follows.
    #[expect(
        clippy::option_option,
        reason = "the outer says whether there is a `:`, the inner whether there is a name"
    )]
    fn param_name(&mut self) -> Option<Option<String>> {
        let start = self.at;
        if self.take("?:") {
            return Some(None);
        }
        if let Ok(name) = self.ident()
            && self.take(":")
        {
            return Some(Some(name.to_owned()));
        }
        self.at = start;
        None
    }

    /// The name and the signature in `def name(…) -> …`, perhaps after `@deprecated('…')`.
    pub(super) fn sig(&mut self) -> Parsed<(String, Sig)> {
        let mut deprecated = None;
        if self.take("@deprecated(") {
            deprecated = Some(self.string('\'')?);
            self.expect(")")?;
        }
        let is_async = self.word("async");
        if !self.word("def") {
            return self.fail("`def`");
        }
        self.spaces();
        let name = self.ident()?.to_owned();
        let vars = self.vars()?;
        self.expect("(")?;
        let start = self.at;
        let mut this = None;
        if self.word("on") {
            if self.peek() == Some(b':') {
                self.at = start;
            } else {
                this = Some(self.ty()?);
                self.expect(";")?;
            }
        }
        let mut params: Vec<Param> = Vec::new();
        let mut after_star = false;
        let mut first = true;
        while !self.take(")") {
            if !std::mem::take(&mut first) {
                self.expect(",")?;
            }
            self.spaces();
            if self.take("/") {
                for param in &mut params {
                    param.kind = ParamKind::PosOnly;
                }
                continue;
            }
            let kind = match self.marker(&mut after_star)? {
                Marker::Bare => continue,
                Marker::Param(kind) => kind,
            };
            let name = self.ident()?.to_owned();
            self.expect(":")?;
            let ty = self.ty()?;
            let default = if self.take("=") { Some(self.default()?) } else { None };
            params.push(Param { name, kind, ty, default });
        }
        self.expect("->")?;
        let ret = self.ty()?;
        Ok((name, Sig { vars, this, params, ret, is_async, deprecated }))
    }

    /// Reads the stars before a parameter, or a star alone.
    fn marker(&mut self, after_star: &mut bool) -> Parsed<Marker> {
        if self.take("**") {
            return Ok(Marker::Param(ParamKind::VarKw));
        }
        if self.take("*") {
            *after_star = true;
            self.spaces();
            return Ok(match self.peek() {
                Some(b',') => Marker::Bare,
                _ => Marker::Param(ParamKind::VarPos),
            });
        }
        Ok(Marker::Param(if *after_star { ParamKind::KwOnly } else { ParamKind::PosOrKw }))
    }

    fn default(&mut self) -> Parsed<DefaultValue> {
        self.spaces();
        if self.take("...") {
            return Ok(DefaultValue::Elided);
        }
        if self.peek() == Some(b'`') {
            return Ok(DefaultValue::Source(self.string('`')?));
        }
        Ok(DefaultValue::Lit(self.literal()?))
    }

    /// `[T, *Ts]`, or nothing.
    pub(super) fn vars(&mut self) -> Parsed<Vec<TypeParam>> {
        self.spaces();
        if self.peek() == Some(b'[') { self.bracketed(|p| p.list("]", Self::var)) } else { Ok(Vec::new()) }
    }

    pub(super) fn var(&mut self) -> Parsed<TypeParam> {
        self.spaces();
        let kind = if self.take("**") {
            TypeParamKind::ParamSpec
        } else if self.take("*") {
            TypeParamKind::TypeVarTuple
        } else {
            TypeParamKind::TypeVar
        };
        let name = self.ident()?.to_owned();
        let bound = if self.take(":") { Some(self.ty()?) } else { None };
        let mut constraints = Vec::new();
        if self.word("of") {
            self.expect("(")?;
            constraints = self.list(")", Self::ty)?;
            self.expect(")")?;
        }
        let default = if self.take("=") { Some(self.ty()?) } else { None };
        Ok(TypeParam { name, kind, bound, constraints, default })
    }

    /// `[T] = type`: the right-hand side of an alias.
    pub(super) fn alias(&mut self) -> Parsed<(Vec<TypeParam>, Type)> {
        let vars = self.vars()?;
        self.expect("=")?;
        Ok((vars, self.ty()?))
    }

    pub(super) fn field(&mut self) -> Parsed<Field> {
        let required = !self.flag("optional");
        let kw_only = self.flag("keyword");
        let (name, ty, value) = self.valued()?;
        Ok(Field { name, ty, required, kw_only, value })
    }

    pub(super) fn prop(&mut self) -> Parsed<Prop> {
        let (name, ty, _) = self.valued()?;
        let mut setter = None;
        if self.take(";") {
            if !self.word("set") {
                return self.fail("`set`");
            }
            self.expect(":")?;
            setter = Some(self.ty()?);
        }
        Ok(Prop { name, ty, setter })
    }

    /// `name: type`, and perhaps ` = value`.
    pub(super) fn valued(&mut self) -> Parsed<(String, Type, Option<Literal>)> {
        self.spaces();
        let name = if self.peek() == Some(b'\'') { self.string('\'')? } else { self.ident()?.to_owned() };
        self.expect(":")?;
        let ty = self.ty()?;
        let value = if self.take("=") { Some(self.literal()?) } else { None };
        Ok((name, ty, value))
    }

    fn literal(&mut self) -> Parsed<Literal> {
        self.spaces();
        match self.peek() {
            Some(b'\'') => Ok(Literal::Str(self.string('\'')?)),
            Some(b'b') if self.rest().starts_with("b'") => {
                self.at += 1;
                Ok(Literal::Bytes(self.bytes()?))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => match self.dotted()? {
                "None" => Ok(Literal::None),
                "True" => Ok(Literal::Bool(true)),
                "False" => Ok(Literal::Bool(false)),
                "Float" => self.bracketed(|p| Ok(Literal::Float(p.string('\'')?))),
                path => match path.rsplit_once('.').map(|(class, member)| (self.table.get(class), class, member)) {
                    Some((Some((Named::Class, class)), _, member)) => {
                        Ok(Literal::Enum(class.clone(), member.to_owned()))
                    }
                    Some((_, class, _)) => Err(format!("`{class}` is not a `class` in `names`")),
                    None => self.fail("a literal"),
                },
            },
        }
    }

    fn number(&mut self) -> Parsed<Literal> {
        let rest = self.rest();
        let mut exponent = false;
        let len = rest
            .bytes()
            .enumerate()
            .position(|(at, byte)| {
                let belongs = matches!(byte, b'0'..=b'9' | b'.' | b'e')
                    || byte == b'-' && (at == 0 || exponent)
                    || byte == b'+' && exponent;
                exponent = byte == b'e';
                !belongs
            })
            .unwrap_or(rest.len());
        let text = rest.get(..len).unwrap_or_default();
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return self.fail("digits");
        }
        self.at += len;
        Ok(if text.contains(['.', 'e']) { Literal::Float(text.to_owned()) } else { Literal::Int(text.to_owned()) })
    }

    fn string(&mut self, quote: char) -> Parsed<String> {
        self.spaces();
        let mut out = String::new();
        let mut chars = self.rest().char_indices();
        if chars.next().is_none_or(|(_, c)| c != quote) {
            return self.fail("a quoted text");
        }
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some(c @ ('\\' | '\'' | '`')) => out.push(c),
                    Some('u') => {
                        let hex: String = chars.by_ref().map(|(_, c)| c).skip(1).take_while(|&c| c != '}').collect();
                        match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                            Some(c) => out.push(c),
                            None => return Err(format!("`\\u{{{hex}}}` is not a character")),
                        }
                    }
                    _ => return Err("an unknown escape in a quoted text".to_owned()),
                },
                c => out.push(c),
            }
        }
        Err("a quoted text does not end".to_owned())
    }

    fn bytes(&mut self) -> Parsed<Vec<u8>> {
        self.at += 1;
        let mut out = Vec::new();
        let mut bytes = self.rest().bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\'' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                b'\\' => match bytes.next().map(|(_, byte)| byte) {
                    Some(byte @ (b'\\' | b'\'')) => out.push(byte),
                    Some(b'x') => {
                        let digit = |byte: Option<(usize, u8)>| byte.and_then(|(_, b)| char::from(b).to_digit(16));
                        match (digit(bytes.next()), digit(bytes.next())) {
                            (Some(high), Some(low)) => out.extend(u8::try_from(high * 16 + low)),
                            _ => return Err("an unknown escape in bytes".to_owned()),
                        }
                    }
                    _ => return Err("an unknown escape in bytes".to_owned()),
                },
                byte if byte.is_ascii() => out.push(byte),
                _ => return Err("bytes must be written in ASCII".to_owned()),
            }
        }
        Err("a bytes literal does not end".to_owned())
    }

    /// `[…]`, with `read` inside.
    fn bracketed<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.expect("[")?;
        let value = read(self)?;
        self.expect("]")?;
        Ok(value)
    }

    /// One or more, up to but without `end`.
    fn list<T>(&mut self, end: &str, mut read: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![read(self)?];
        while self.take(",") {
            items.push(read(self)?);
        }
        self.spaces();
        if self.rest().starts_with(end) { Ok(items) } else { self.fail(&format!("`,` or `{end}`")) }
    }

    /// A short name of the table: identifiers joined by dots.
    fn dotted(&mut self) -> Parsed<&'t str> {
        self.chunk(|byte| is_ident(byte) || byte == b'.')
    }

    fn ident(&mut self) -> Parsed<&'t str> {
        self.spaces();
        self.chunk(is_ident)
    }

    fn chunk(&mut self, belongs: impl Fn(u8) -> bool) -> Parsed<&'t str> {
        let rest = self.rest();
        let len = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        match rest.get(..len) {
            Some(word) if len > 0 => {
                self.at += len;
                Ok(word)
            }
            _ => self.fail("a name"),
        }
    }

    /// Takes `word` if it stands here as a whole word.
    fn word(&mut self, word: &str) -> bool {
        self.spaces();
        let rest = self.rest();
        let whole = rest.starts_with(word) && !rest.as_bytes().get(word.len()).is_some_and(|&byte| is_ident(byte));
        if whole {
            self.at += word.len();
            self.spaces();
        }
        whole
    }

    /// Takes `word` unless it is itself the name before a `:`.
    fn flag(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.word(word) && self.peek() != Some(b':');
        if !found {
            self.at = start;
        }
        found
    }

    fn take(&mut self, token: &str) -> bool {
        self.spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.take(token) { Ok(()) } else { self.fail(&format!("`{token}`")) }
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let found: String = self.rest().chars().take(20).collect();
        Err(if found.is_empty() {
            format!("expected {expected}, but the text ends")
        } else {
            format!("expected {expected}, found `{found}`")
        })
    }
}

/// What stands before a parameter.
enum Marker {
    /// A star alone.
    Bare,
    /// Nothing, one star or two.
    Param(ParamKind),
}

/// Identifiers may hold letters of any script, which are all beyond ASCII.
pub(super) fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
