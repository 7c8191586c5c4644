// What programs expect around them and the engine does not bring: URL, fetch with its classes,
// aborting, timers, text coding, console, process. Everything that leaves the sandbox goes through
// `__host`, which is taken out of the global object here.
//
// Rules that matter to callers: text bodies stay texts on their way to the host (they are copied
// once, not byte by byte), and a `Response` without a reason phrase has the usual one of its status.

const host = globalThis.__host;
delete globalThis.__host;

const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

// ---- text and bytes

class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return host.encode(String(text).toWellFormed()); }
}

class TextDecoder {
  constructor(label = "utf-8") { this.encoding = String(label).toLowerCase(); }
  decode(bytes) {
    if (bytes === undefined) return "";
    const view = bytesOf(bytes);
    if (this.encoding === "latin1" || this.encoding === "ascii") return latin1(view);
    return host.decode(view);
  }
}

function latin1(view) {
  let text = "";
  for (let i = 0; i < view.length; i++) text += String.fromCharCode(view[i]);
  return text;
}

function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return host.encode(String(value).toWellFormed());
}

// ---- events and aborting

class Event {
  constructor(type) { this.type = type; }
}

class EventTarget {
  #listeners = new Map();
  addEventListener(type, listener, options) {
    if (!listener) return;
    const list = this.#listeners.get(type) ?? [];
    list.push({ listener, once: options === true ? false : options?.once === true });
    this.#listeners.set(type, list);
  }
  removeEventListener(type, listener) {
    const list = this.#listeners.get(type);
    if (list) this.#listeners.set(type, list.filter((one) => one.listener !== listener));
  }
  dispatchEvent(event) {
    event.target = this;
    this["on" + event.type]?.call(this, event);
    for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    }
    return true;
  }
}

class AbortSignal extends EventTarget {
  aborted = false;
  reason = undefined;
  onabort = null;
  throwIfAborted() { if (this.aborted) throw this.reason; }
  static abort(reason) {
    const signal = new AbortSignal();
    fire(signal, reason);
    return signal;
  }
  static timeout(ms) {
    const signal = new AbortSignal();
    setTimeout(() => fire(signal, new DOMException("The operation timed out", "TimeoutError")), ms);
    return signal;
  }
  static any(signals) {
    const joint = new AbortSignal();
    for (const signal of signals) {
      // The call on whose behalf something is done travels with its signal.
      if (signal.__call !== undefined) setCall(joint, signal.__call);
      if (signal.aborted) {
        fire(joint, signal.reason);
        break;
      }
      signal.addEventListener("abort", () => fire(joint, signal.reason), { once: true });
    }
    return joint;
  }
}

const setCall = (signal, call) => Object.defineProperty(signal, "__call", { value: call });

function fire(signal, reason) {
  if (signal.aborted) return;
  signal.aborted = true;
  signal.reason = reason ?? new DOMException("This operation was aborted", "AbortError");
  signal.dispatchEvent(new Event("abort"));
}

class AbortController {
  signal = new AbortSignal();
  abort(reason) { fire(this.signal, reason); }
}

// ---- timers

const timers = new Map();
let timersStarted = 0;

function start(callback, delay, args, repeats) {
  const id = ++timersStarted;
  const ms = Math.min(Math.max(Number(delay) || 0, 0), 2 ** 31 - 1);
  timers.set(id, { callback, args, ms, repeats });
  host.timerStart(id, ms);
  return id;
}

function stop(id) {
  if (id !== undefined && id !== null && timers.delete(Number(id))) host.timerStop(Number(id));
}

define("__fired", (id) => {
  const timer = timers.get(id);
  if (!timer) return;
  if (timer.repeats) host.timerStart(id, timer.ms);
  else timers.delete(id);
  timer.callback(...timer.args);
});

// ---- addresses

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

class URLSearchParams {
  #pairs = [];
  #changed = null;
  constructor(init = "") {
    if (typeof init === "object" && init !== null) {
      const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)]);
    } else {
      this.#pairs = host.queryParse(String(init).replace(/^\?/, ""));
    }
  }
  static __of(text, changed) {
    const params = new URLSearchParams(text);
    params.#changed = changed;
    return params;
  }
  #note() { this.#changed?.(this.toString()); }
  append(name, value) { this.#pairs.push([String(name), String(value)]); this.#note(); }
  delete(name) { this.#pairs = this.#pairs.filter(([n]) => n !== String(name)); this.#note(); }
  get(name) { return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null; }
  getAll(name) { return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v); }
  has(name) { return this.#pairs.some(([n]) => n === String(name)); }
  set(name, value) {
    const at = this.#pairs.findIndex(([n]) => n === String(name));
    if (at < 0) return this.append(name, value);
    this.#pairs = this.#pairs.filter(([n], i) => i <= at || n !== String(name));
    this.#pairs[at][1] = String(value);
    this.#note();
  }
  sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#note(); }
  forEach(each, self) { for (const [n, v] of this.#pairs) each.call(self, v, n, this); }
  *entries() { for (const [n, v] of this.#pairs) yield [n, v]; }
  *keys() { for (const [n] of this.#pairs) yield n; }
  *values() { for (const [, v] of this.#pairs) yield v; }
  [Symbol.iterator]() { return this.entries(); }
  get size() { return this.#pairs.length; }
  toString() { return host.queryPrint(this.#pairs.flat()); }
}

class URL {
  #parts;
  #params = null;
  constructor(url, base) {
    this.#parts = host.urlParse(String(url), base === undefined ? undefined : String(base));
    if (!this.#parts) {
      const error = new TypeError("Invalid URL");
      error.code = "ERR_INVALID_URL";
      error.input = String(url);
      throw error;
    }
  }
  static canParse(url, base) {
    return host.urlParse(String(url), base === undefined ? undefined : String(base)) !== undefined;
  }
  get origin() { return host.urlOrigin(this.href); }
  get searchParams() {
    this.#params ??= URLSearchParams.__of(this.search, (text) => {
      this.#parts = host.urlSet(this.href, "search", text) ?? this.#parts;
    });
    return this.#params;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
  static {
    PARTS.forEach((part, i) => {
      Object.defineProperty(URL.prototype, part, {
        enumerable: true,
        get() { return this.#parts[i]; },
        set(value) {
          const parts = host.urlSet(this.#parts[0], part, String(value));
          if (!parts && part === "href") throw new TypeError("Invalid URL");
          this.#parts = parts ?? this.#parts;
          this.#params = null;
        },
      });
    });
  }
}

// ---- fetch

class Headers {
  #map = new Map();
  constructor(init) {
    if (init === undefined || init === null) return;
    if (init instanceof Headers) for (const [name, values] of init.#map) this.#map.set(name, [...values]);
    else if (typeof init[Symbol.iterator] === "function") for (const [n, v] of init) this.append(n, v);
    else for (const name of Object.keys(init)) this.append(name, init[name]);
  }
  #key(name) {
    const key = String(name).toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(key)) throw new TypeError(`${name} is not a legal HTTP header name`);
    return key;
  }
  #value(value) {
    const text = String(value).trim();
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new TypeError(`${text} is not a legal HTTP header value`);
    return text;
  }
  append(name, value) {
    const key = this.#key(name);
    this.#map.set(key, [...(this.#map.get(key) ?? []), this.#value(value)]);
  }
  set(name, value) { this.#map.set(this.#key(name), [this.#value(value)]); }
  get(name) { return this.#map.get(this.#key(name))?.join(", ") ?? null; }
  has(name) { return this.#map.has(this.#key(name)); }
  delete(name) { this.#map.delete(this.#key(name)); }
  getSetCookie() { return this.#map.get("set-cookie") ?? []; }
  raw() { return Object.fromEntries(this.#map); }
  forEach(each, self) { for (const [name, value] of this.entries()) each.call(self, value, name, this); }
  *entries() { for (const name of [...this.#map.keys()].sort()) yield [name, this.get(name)]; }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return "Headers"; }
}

class Blob {
  #bytes;
  constructor(parts = [], options = {}) {
    const all = parts.map((part) => (part instanceof Blob ? part.#bytes : bytesOf(part)));
    this.#bytes = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of all) { this.#bytes.set(one, at); at += one.length; }
    this.type = String(options.type ?? "").toLowerCase();
  }
  get size() { return this.#bytes.length; }
  __bytes() { return this.#bytes; }
  async text() { return host.decode(this.#bytes); }
  async arrayBuffer() { return this.#bytes.slice().buffer; }
}

class FormData {
  #fields = [];
  append(name, value, filename) { this.#fields.push([String(name), value, filename]); }
  set(name, value, filename) { this.delete(name); this.append(name, value, filename); }
  delete(name) { this.#fields = this.#fields.filter(([n]) => n !== String(name)); }
  get(name) { return this.#fields.find(([n]) => n === String(name))?.[1] ?? null; }
  getAll(name) { return this.#fields.filter(([n]) => n === String(name)).map(([, v]) => v); }
  has(name) { return this.#fields.some(([n]) => n === String(name)); }
  *entries() { for (const [n, v] of this.#fields) yield [n, v]; }
  [Symbol.iterator]() { return this.entries(); }
  __encode(boundary) {
    const quoted = (text) => String(text).replace(/"/g, "%22").replace(/\r?\n/g, "%0D%0A");
    const parts = [];
    for (const [name, value, filename] of this.#fields) {
      const isFile = value instanceof Blob;
      const file = isFile ? `; filename="${quoted(filename ?? "blob")}"` : "";
      const type = isFile ? `\r\nContent-Type: ${value.type || "application/octet-stream"}` : "";
      parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}${type}\r\n\r\n`);
      parts.push(isFile ? value : String(value), "\r\n");
    }
    parts.push(`--${boundary}--\r\n`);
    return new Blob(parts).__bytes();
  }
}

// A body as text or bytes, and the content type it implies.
function bodyOf(value) {
  if (value === undefined || value === null) return [null, null];
  if (typeof value === "string") return [value.toWellFormed(), "text/plain;charset=UTF-8"];
  if (value instanceof URLSearchParams) return [value.toString(), "application/x-www-form-urlencoded;charset=UTF-8"];
  if (value instanceof FormData) {
    const boundary = "----sluice" + [...host.random(12)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [value.__encode(boundary), `multipart/form-data; boundary=${boundary}`];
  }
  if (value instanceof Blob) return [value.__bytes(), value.type || null];
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return [bytesOf(value), null];
  return [String(value), "text/plain;charset=UTF-8"];
}

class Body {
  #body = null;
  #used = false;
  __setBody(body) { this.#body = body; }
  __body() { return this.#body; }
  get body() { return this.#body; }
  get bodyUsed() { return this.#used; }
  #take() {
    if (this.#used) throw new TypeError("body used already");
    this.#used = this.#body !== null;
    return this.#body ?? "";
  }
  async text() {
    const body = this.#take();
    return typeof body === "string" ? body : host.decode(body);
  }
  async json() { return JSON.parse(await this.text()); }
  async arrayBuffer() { return bytesOf(this.#take()).slice().buffer; }
  async buffer() { return globalThis.Buffer.from(await this.arrayBuffer()); }
  async blob() { return new Blob([this.#take()], { type: this.headers.get("content-type") ?? "" }); }
}

class Request extends Body {
  constructor(input, init = {}) {
    super();
    const from = input instanceof Request ? input : null;
    this.url = from ? from.url : new URL(String(input?.url ?? input)).href;
    this.method = String(init.method ?? from?.method ?? "GET").toUpperCase();
    this.headers = new Headers(init.headers ?? from?.headers);
    this.signal = init.signal ?? from?.signal ?? null;
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
    this.timeout = init.timeout ?? from?.timeout;
    const own = init.body !== undefined && init.body !== null;
    if ((own || from?.__body() != null) && (this.method === "GET" || this.method === "HEAD")) {
      throw new TypeError("Request with GET/HEAD method cannot have body");
    }
    const [body, type] = own ? bodyOf(init.body) : [from?.__body() ?? null, null];
    this.__setBody(body);
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }
  clone() { return new Request(this); }
}

class Response extends Body {
  constructor(body = null, init = {}) {
    super();
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? "";
    this.headers = new Headers(init.headers);
    this.url = init.url ?? "";
    this.redirected = false;
    this.type = "default";
    const [content, type] = bodyOf(body);
    this.__setBody(content);
    if (type !== null && init.__isAnswer !== true && !this.headers.has("content-type")) {
      this.headers.set("content-type", type);
    }
  }
  get ok() { return this.status >= 200 && this.status < 300; }
  clone() {
    const { status, statusText, headers, url } = this;
    return new Response(this.__body(), { status, statusText, headers, url, __isAnswer: true });
  }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(data), { ...init, headers });
  }
  static error() { return new Response(null, { status: 0 }); }
}

class FetchError extends Error {
  constructor(message, code) {
    super(message);
    this.name = "FetchError";
    this.type = "system";
    this.code = code;
    this.errno = code;
  }
}

let fetchesStarted = 0;
const fetches = new Map();

function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const request = new Request(input, init);
    const signal = request.signal;
    if (signal?.aborted) return reject(signal.reason);
    const id = ++fetchesStarted;
    const head = [request.method, request.url];
    for (const [name, value] of request.headers) head.push(name, value);
    const abort = () => {
      fetches.delete(id);
      host.fetchStop(id);
      reject(new DOMException("The operation was aborted", "AbortError"));
    };
    signal?.addEventListener("abort", abort, { once: true });
    fetches.set(id, { url: request.url, resolve, reject, done: () => signal?.removeEventListener("abort", abort) });
    const timeout = typeof request.timeout === "number" ? request.timeout : 0;
    host.fetch(id, signal?.__call ?? 0, head, request.__body() ?? "", timeout);
  });
}

define("__failed", (id, code, message) => {
  const { url, reject, done } = fetches.get(id) ?? {};
  if (!reject) return;
  fetches.delete(id);
  done();
  reject(new FetchError(`request to ${url} failed, reason: ${message}`, code));
});

define("__answered", (id, status, statusText, flat, body) => {
  const { url, resolve, done } = fetches.get(id) ?? {};
  if (!resolve) return;
  fetches.delete(id);
  done();
  const headers = [];
  for (let i = 0; i < flat.length; i += 2) headers.push([flat[i], flat[i + 1]]);
  resolve(new Response(body, { status, statusText, headers, url, __isAnswer: true }));
});

// ---- the rest

function structuredClone(value, seen = new Map()) {
  if (typeof value === "function" || typeof value === "symbol") throw new DOMException("could not be cloned", "DataCloneError");
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => { seen.set(value, copy); return copy; };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(value.slice());
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [k, v] of value) copy.set(structuredClone(k, seen), structuredClone(v, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const v of value) copy.add(structuredClone(v, seen));
    return copy;
  }
  const copy = keep(Array.isArray(value) ? [] : value instanceof Error ? new value.constructor(value.message) : {});
  for (const key of Object.keys(value)) copy[key] = structuredClone(value[key], seen);
  return copy;
}

// Of the locales only en-US is known, which is what programs that compute with it ask for.
const plainLocale = Date.prototype.toLocaleString;
Date.prototype.toLocaleString = function (locale, options) {
  const zone = options?.timeZone;
  if (zone === undefined) return plainLocale.call(this);
  const civil = host.civil(this.getTime(), String(zone));
  if (!civil) throw new RangeError(`Invalid time zone specified: ${zone}`);
  const [year, month, day, hour, minute, second] = civil.slice(0, 6).map(Number);
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${hour % 12 || 12}:${two(minute)}:${two(second)} ${hour < 12 ? "AM" : "PM"}`;
  const name = options.timeZoneName === "short" ? ` ${civil[6]}` : "";
  return `${month}/${day}/${year}, ${clock}${name}`;
};

const shown = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
};
const log = (level) => (...values) => host.log(level, values.map(shown).join(" "));
const console = { log: log("info"), info: log("info"), debug: log("debug"), trace: log("debug"), warn: log("warn"), error: log("error"), assert() {}, table: log("info"), time() {}, timeEnd() {}, group() {}, groupEnd() {} };

const nanoseconds = () => BigInt(Math.round(performance.now() * 1e6));
const hrtime = (since) => {
  const now = nanoseconds();
  const past = since ? now - (BigInt(since[0]) * 1000000000n + BigInt(since[1])) : now;
  return [Number(past / 1000000000n), Number(past % 1000000000n)];
};
hrtime.bigint = nanoseconds;
const process = {
  env: Object.freeze(JSON.parse(host.environment)),
  version: "v20.0.0",
  versions: Object.freeze({ node: "20.0.0" }),
  platform: "sluice",
  argv: [],
  pid: 1,
  hrtime,
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  emitWarning() {},
  on() {},
  uptime: () => performance.now() / 1000,
  cwd: () => "/",
};

const crypto = {
  getRandomValues(array) {
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(host.random(array.byteLength));
    return array;
  },
  randomUUID() {
    const bytes = host.random(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  // Digests by name, for those who bring Node's own interface on top.
  __hash: (name, data) => host.hash(name, typeof data === "string" ? data : bytesOf(data)),
  __hmac: (name, key, data) =>
    host.hmac(name, typeof key === "string" ? key : bytesOf(key), typeof data === "string" ? data : bytesOf(data)),
};

Object.entries({
  TextEncoder, TextDecoder, Event, EventTarget, AbortSignal, AbortController, URL, URLSearchParams, Headers, Blob,
  FormData, Request, Response, fetch, structuredClone, console, process, crypto,
  setTimeout: (callback, delay, ...args) => start(callback, delay, args, false),
  setInterval: (callback, delay, ...args) => start(callback, delay, args, true),
  setImmediate: (callback, ...args) => start(callback, 0, args, false),
  clearTimeout: stop,
  clearInterval: stop,
  clearImmediate: stop,
  self: globalThis,
  global: globalThis,
}).forEach(([name, value]) => define(name, value));

// ---- calls from the host

const calls = new Map();

// A program defines `main(argument, {signal})`. What it gives goes back as JSON, what it throws as
// a line of text.
define("__start", (call, argument) => {
  const controller = new AbortController();
  setCall(controller.signal, call);
  calls.set(call, controller);
  const settle = (good, text) => {
    calls.delete(call);
    host.settle(call, good, text);
  };
  Promise.resolve()
    .then(() => globalThis.main(JSON.parse(argument), { signal: controller.signal }))
    .then((value) => settle(true, JSON.stringify(value) ?? "null"))
    .catch((error) => settle(false, error instanceof Error ? `${error.name}: ${error.message}` : shown(error)));
});

define("__stop", (call) => calls.get(call)?.abort(new DOMException("The call took too long", "TimeoutError")));
