//! The functions of FQL, by name.

macro_rules! functions {
    ($($variant:ident = $name:literal takes $arguments:literal),* $(,)?) => {
        /// A function, named in queries as in [`Function::name`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($variant),* }

        impl Function {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How many arguments it takes.
            #[must_use]
            pub const fn arguments(self) -> usize {
                match self { $(Self::$variant => $arguments),* }
            }
        }
    };
}

functions! {
    Contains = "contains" takes 2,
    Match = "match" takes 2,
    Length = "length" takes 1,
    Lowercase = "lowercase" takes 1,
    Uppercase = "uppercase" takes 1,
    Snakecase = "snakecase" takes 1,
    Kebabcase = "kebabcase" takes 1,
    Titlecase = "titlecase" takes 1,
    Typeof = "typeof" takes 1,
    Bool = "bool" takes 1,
    String = "string" takes 1,
    Number = "number" takes 1,
}

impl Function {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }
}
