//! Programs: scripts in order, and the environment they see.

use std::sync::{Arc, OnceLock};

use rquickjs::module::{Module, WriteOptions};
use rquickjs::{CatchResultExt, Context, Ctx, Runtime};

/// Compiled code. It refers to itself while it is loaded, so a runtime holds what it loaded.
pub(crate) type Code = Arc<[u8]>;

type Source = dyn Fn() -> Result<Vec<u8>, String> + Send + Sync;

/// A file of JavaScript, read and compiled when it is first run; one value serves all runtimes.
pub struct Script {
    name: String,
    source: Box<Source>,
    code: OnceLock<Result<Code, String>>,
}

impl Script {
    pub fn new(
        name: impl Into<String>,
        source: impl Fn() -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), source: Box::new(source), code: OnceLock::new() }
    }

    /// A script whose text is at hand.
    pub fn of_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(name, move || Ok(text.clone().into_bytes()))
    }

    fn code(&self) -> Result<Code, String> {
        self.code.get_or_init(|| compile(&self.name, (self.source)()?)).clone()
    }

    /// Runs the script in a context. The code must be kept as long as the context's runtime.
    pub(crate) fn load(&self, ctx: &Ctx<'_>) -> Result<Code, String> {
        let code = self.code()?;
        let wrong = |error: String| format!("{} does not load: {error}", self.name);
        #[expect(
            unsafe_code,
            reason = "the code was compiled by this process, by the same engine, and outlives the runtime"
        )]
        // SAFETY: `compile` made the bytes, nobody else can; the caller keeps them.
        let module = unsafe { Module::load(ctx.clone(), &code) };
        let module = module.catch(ctx).map_err(|error| wrong(error.to_string()))?;
        let (_, done) = module.eval().catch(ctx).map_err(|error| wrong(error.to_string()))?;
        done.finish::<()>().catch(ctx).map_err(|error| wrong(error.to_string()))?;
        Ok(code)
    }
}

fn compile(name: &str, source: Vec<u8>) -> Result<Code, String> {
    let wrong = |error: rquickjs::Error| format!("{name} cannot be compiled: {error}");
    let runtime = Runtime::new().map_err(wrong)?;
    let context = Context::full(&runtime).map_err(wrong)?;
    context.with(|ctx| {
        let module = Module::declare(ctx.clone(), name, source)
            .catch(&ctx)
            .map_err(|error| format!("{name} cannot be compiled: {error}"))?;
        let options = WriteOptions { strip_source: true, ..WriteOptions::default() };
        module.write(options).map(Arc::from).map_err(wrong)
    })
}

/// What a runtime loads.
pub struct Program {
    /// In this order.
    pub scripts: Vec<Arc<Script>>,
    /// `process.env` of the program: a JSON object of texts.
    pub environment: String,
}
