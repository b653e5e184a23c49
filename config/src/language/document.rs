//! The sections of a document: one declaration gives the struct, its reader and its schema.

use super::{Definitions, Keys, Object};

/// Keys that stand in an object, alone or beside those of others.
pub(crate) trait Fields: Sized {
    /// Reads its keys from the object.
    fn fields(object: &mut Object<'_, '_, '_>) -> Self;

    /// Keys that are written and whose value is wrong: they were blamed, and count as written.
    fn wrong(&self) -> &[&'static str];

    /// What stands where nothing was written.
    fn nothing() -> Self;

    /// Whether nothing is written here.
    fn is_nothing(&self) -> bool;

    /// What is written here, and where nothing is, what is written in `base`; key by key.
    fn over(self, base: &Self) -> Self;

    /// Describes its keys.
    fn describe(definitions: &mut Definitions, keys: &mut Keys);
}

/// Declares an object of the language. A field is `key: Type`, with `= default` when absence means that value (the
/// method of the same name gives one or the other), or with `; required`. `..name: Type` takes in the keys of
/// another object.
macro_rules! document {
    (@required) => { false };
    (@required required) => { true };
    (@default $kind:ty) => { None };
    (@default $kind:ty, $default:expr) => { Some(<$kind as $crate::language::Write>::write(&$default)) };
    (
        $(#[doc = $about:literal])*
        $vis:vis struct $name:ident as $wanted:literal {
            $( $(#[doc = $doc:literal])* $field:ident : $kind:ty $(= $default:expr)? $(; $required:ident)?, )*
            $( ..$inner:ident : $inherited:ty, )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        #[allow(dead_code, reason = "a key that knows one word only is checked, and not looked at again")]
        $vis struct $name {
            $( $(#[doc = $doc])* pub(crate) $field: Option<$crate::source::At<$kind>>, )*
            $( pub(crate) $inner: $inherited, )*
            /// See [`Fields::wrong`]($crate::language::Fields::wrong).
            pub(crate) wrong: Vec<&'static str>,
        }

        #[allow(dead_code, reason = "as above")]
        impl $name {
            $($(
                pub(crate) fn $field(&self) -> $crate::model::Placed<$kind> {
                    match &self.$field {
                        Some(written) => written.placed(),
                        None => $crate::model::Placed::built_in($default),
                    }
                }
            )?)*
        }

        impl $crate::language::Fields for $name {
            fn fields(object: &mut $crate::language::Object<'_, '_, '_>) -> Self {
                Self {
                    $( $field: object.field(stringify!($field), document!(@required $($required)?)), )*
                    $( $inner: <$inherited as $crate::language::Fields>::fields(object), )*
                    wrong: object.wrong(),
                }
            }

            fn wrong(&self) -> &[&'static str] {
                &self.wrong
            }

            fn nothing() -> Self {
                Self {
                    $( $field: None, )*
                    $( $inner: <$inherited as $crate::language::Fields>::nothing(), )*
                    wrong: Vec::new(),
                }
            }

            fn is_nothing(&self) -> bool {
                true $( && self.$field.is_none() )* $( && self.$inner.is_nothing() )*
            }

            fn over(self, base: &Self) -> Self {
                Self {
                    $( $field: self.$field.or_else(|| base.$field.clone()), )*
                    $( $inner: self.$inner.over(&base.$inner), )*
                    wrong: self.wrong,
                }
            }

            fn describe(definitions: &mut $crate::language::Definitions, keys: &mut $crate::language::Keys) {
                $(
                    let schema = <$kind as $crate::language::Language>::schema(definitions);
                    let default = document!(@default $kind $(, $default)?);
                    let required = document!(@required $($required)?);
                    keys.insert(stringify!($field), concat!($($doc),*), schema, default, required);
                )*
                $( <$inherited as $crate::language::Fields>::describe(definitions, keys); )*
            }
        }

        impl $crate::language::Language for $name {
            fn read(tree: &$crate::source::Tree<'_>, reader: &mut $crate::language::Reader<'_>) -> Option<Self> {
                let mut object = $crate::language::Object::open(tree, $wanted, reader)?;
                let read = <Self as $crate::language::Fields>::fields(&mut object);
                object.close();
                Some(read)
            }

            fn schema(definitions: &mut $crate::language::Definitions) -> serde_json::Value {
                definitions.refer(stringify!($name).trim_end_matches("Doc"), |definitions| {
                    let mut keys = $crate::language::Keys::default();
                    <Self as $crate::language::Fields>::describe(definitions, &mut keys);
                    keys.into_object(concat!($($about),*))
                })
            }
        }
    };
}
pub(crate) use document;
