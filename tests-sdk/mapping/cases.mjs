// Made-up triggers, mappings, Liquid templates and events. The same seed makes the same cases.

/** A small generator of random numbers (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Maker {
  constructor(seed) {
    this.next = random(seed);
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  chance(p) {
    return this.next() < p;
  }

  one(list) {
    return list[this.below(list.length)];
  }

  many(max, make) {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  // Events

  scalar() {
    return this.one([
      null, true, false, 0, 1, -2.5, 30, 1e21, 0.000001, "", "0", "30", "x", "Red-Shoe Red", " a b ",
      "true", "null", "Ünï", "AB-12", "{{userId}}", "$.event", '{"a":[1,2]}', "{oops", "2026-03-04T05:06:07Z",
    ]);
  }

  value(depth) {
    const roll = this.next();
    if (depth === 0 || roll < 0.6) return this.scalar();
    if (roll < 0.8) return this.many(3, () => this.value(depth - 1));
    return this.object(depth - 1);
  }

  object(depth) {
    const keys = ["a", "b", "c", "code", "total", "items", "id", "sp ace", "x-y"];
    return Object.fromEntries(this.many(5, () => [this.one(keys), this.value(depth)]));
  }

  event() {
    const event = { type: this.one(["track", "identify", "page", "group"]), messageId: "m1" };
    if (this.chance(0.7)) event.event = this.one(["Order Completed", "Signed Up", "", "x"]);
    if (this.chance(0.3)) event.name = this.one([null, "Home", "true"]);
    if (this.chance(0.7)) event.userId = this.one(["u-7", "30", null, true]);
    for (const part of ["properties", "traits", "context"]) {
      const roll = this.next();
      if (roll < 0.8) event[part] = this.object(3);
      else if (roll < 0.85) event[part] = null;
    }
    return event;
  }

  // Triggers

  field() {
    const roll = this.next();
    if (roll < 0.4) return this.one(["type", "event", "name", "userId"]);
    const keys = ["a", "b", "code", "total", "items", "id", "sp\\ ace", "x-y", "\\0", "length", "items\\[0\\]"];
    const path = Array.from({ length: 1 + this.below(3) }, () => this.one(keys));
    return `${this.one(["properties", "traits", "context"])}.${path.join(".")}`;
  }

  literal() {
    return this.one([
      '"track"', '"identify"', '"Order Completed"', '"x"', '""', '"30"', '"true"', '"u-7"', "'x'", '"AB-12"',
      '"0x1e"', '" 30 "', "30", "30.0", "-2.5", "0", "1", "true", "false", "null", "word",
    ]);
  }

  condition() {
    const roll = this.next();
    if (roll < 0.65) {
      const operator = this.one(["=", "=", "!=", "<", "<=", ">", ">="]);
      return `${this.field()} ${operator} ${this.literal()}`;
    }
    if (roll < 0.93) {
      const text = this.one(['"AB*"', '"*12"', '"B-"', '"*"', '""', '"x"', '"Order*"', '"*B*"', "'x*'", "30"]);
      return `${this.one(["", "!"])}${this.one(["contains", "match"])}(${this.field()}, ${text})`;
    }
    return this.one(['messageId = "m1"', '!type = "track"', 'foo.bar != 5', 'contains(foo, "x")']);
  }

  conditions(max, connective) {
    const list = [this.condition()];
    for (let i = this.below(max); i > 0; i--) {
      const between = this.chance(0.1) ? this.one(["and", "or"]) : connective;
      list.push(` ${between} `, this.chance(0.25) && max > 2 ? `(${this.conditions(2, this.one(["and", "or"]))})` : this.condition());
    }
    return list.join("");
  }

  trigger() {
    const text = this.conditions(4, this.one(["and", "or"]));
    return this.chance(0.03) ? `${text} and` : text;
  }

  // Mappings

  path() {
    const paths = [
      "type", "event", "userId", "properties", "traits", "context", "properties.a", "properties.items",
      "properties.items[0].id", "properties.items[1]", "properties['sp ace']", 'traits["x-y"].a', "context.a.b.c",
      "properties.code.length", "nope.deep", "properties.total.x", ".", "", "properties.a[b]", "traits.items.length",
    ];
    return this.one(["$.", "$.", ""]) + this.one(paths);
  }

  template() {
    const parts = [
      "text ", "{{userId}}", "{{ properties.a }}", "{{{event}}}", "{{properties.items}}", "{{traits}}", "{{$.userId}}",
      "{{}}", "{{ }}", "{{a}b}}", "}}", "{{{{type}}}}", "{{properties.total}}", "{{context.a.b}}", "{",
    ];
    return this.many(4, () => this.one(parts)).join("");
  }

  anything(depth) {
    const roll = this.next();
    if (depth > 0 && roll < 0.75) return this.directive(depth - 1);
    if (depth > 0 && roll < 0.85) return this.fields(depth - 1);
    if (depth > 0 && roll < 0.92) return this.many(3, () => this.anything(depth - 1));
    return this.scalar();
  }

  fields(depth) {
    const keys = ["a", "b", "c", "k1", "x y"];
    return Object.fromEntries(this.many(3, () => [this.one(keys), this.anything(depth)]));
  }

  textOrDirective(depth) {
    return this.chance(0.3) ? this.one(["Red-Shoe Red", "", "x"]) : this.directive(depth);
  }

  objectOrDirective(depth) {
    return this.chance(0.5) ? this.fields(depth) : this.directive(depth);
  }

  directive(depth) {
    if (depth <= 0) return { "@path": this.path() };
    const d = depth - 1;
    const some = (make) => (this.chance(0.8) ? make() : undefined);
    const made = {
      "@path": () => (this.chance(0.9) ? this.path() : { "@template": "properties.{{properties.id}}" }),
      "@template": () => (this.chance(0.9) ? this.template() : this.directive(d)),
      "@literal": () => this.anything(d),
      "@if": () => ({
        [this.one(["exists", "blank"])]: this.directive(d),
        then: some(() => this.anything(d)),
        else: some(() => this.anything(d)),
      }),
      "@case": () => ({ operator: this.one(["lower", "upper"]), value: this.textOrDirective(d) }),
      "@replace": () => ({
        pattern: this.one(["Red", "-", ".", "e", "x", " "]),
        replacement: some(() => this.one(["", "Blue", "."])),
        pattern2: this.chance(0.3) ? this.one(["", "o", "Blue"]) : undefined,
        replacement2: this.chance(0.3) ? "0" : undefined,
        ignorecase: this.chance(0.3) ? this.chance(0.5) : undefined,
        global: this.chance(0.3) ? this.chance(0.5) : undefined,
        value: this.textOrDirective(d),
      }),
      "@arrayPath": () => [
        this.chance(0.8) ? this.path() : this.directive(d),
        ...(this.chance(0.8) ? [this.objectOrDirective(d)] : []),
      ],
      "@json": () => ({ mode: this.one(["encode", "decode"]), value: this.directive(d) }),
      "@flatten": () => ({ separator: this.one([".", "_"]), omitArrays: some(() => this.chance(0.5)), value: this.anything(d) }),
      "@merge": () => ({ direction: this.one(["left", "right"]), objects: this.many(3, () => this.objectOrDirective(d)) }),
      "@transform": () => ({ apply: this.fields(d), mapping: this.objectOrDirective(d) }),
      "@excludeWhenNull": () => this.anything(d),
    };
    const name = this.one(Object.keys(made));
    // Through JSON, so that what is undefined is absent.
    return JSON.parse(JSON.stringify({ [name]: made[name](), ...(this.chance(0.05) ? { _metadata: { label: "l" } } : {}) }));
  }

  mapping() {
    const fields = { v: this.directive(3), ...this.fields(3) };
    if (this.chance(0.05)) fields.__segment_internal_directive = { "@transform": { apply: this.fields(2) } };
    return fields;
  }

  // Liquid

  operand() {
    return this.one([
      "userId", "event", "properties.a", "properties.items", "properties.items[0].id", "properties.total", "missing",
      "'x'", '"30"', "30", "-2.5", "true", "false", "nil", "properties.code", "traits.items.first", "v", "properties.b",
    ]);
  }

  filtered() {
    const filters = [
      "upcase", "downcase", "capitalize", "size", "first", "last", "strip", "lstrip", "rstrip", "escape", "json",
      "join", "join: '-'", "compact", "plus: 2", "minus: 1.5", "times: 3", "divided_by: 4", "modulo: 3", "round", "round: 1",
      "ceil", "floor", "abs", "at_least: 2", "at_most: 10", "append: '!'", "prepend: '>'", "replace: 'e', 'E'",
      "replace_first: 'd', ''", "remove: ' '", "split: '-'", "slice: 1, 3", "slice: -2, 2", "truncate: 5", "truncatewords: 1",
      "default: 'none'", "default: 'none', allow_false: true", "url_encode", "strip_html", "strip_newlines",
      "number_of_words", "normalize_whitespace", "base64_encode", "push: 'z'", "pop", "sum", "escape_once",
      "remove_last: 'e'", "replace_last: 'e', '3'", "raw",
    ];
    if (this.chance(0.05)) {
      const time = this.one(["'2026-03-04T05:06:07Z'", "'2026-03-04'", "1772600000", "'1772600000'", "missing"]);
      return `${time} | date: ${this.one(["'%Y-%m-%d %H:%M:%S'", "'%B %-d, %y'", "'%j %a %A %b %I %p'", "'%s'"])}`;
    }
    const operand = this.operand();
    // LiquidJS shows its inner object for nil: `{}`.
    const usable = operand === "nil" ? filters.filter((filter) => filter !== "json") : filters;
    return [operand, ...this.many(3, () => this.one(usable))].join(" | ");
  }

  test() {
    const one = () => {
      if (this.chance(0.3)) return this.operand();
      const operator = this.one(["==", "!=", "<", ">", "<=", ">=", "contains"]);
      return `${this.operand()} ${operator} ${this.one([this.operand(), this.operand(), "empty", "blank"].slice(0, operator.length === 2 && operator.endsWith("=") && "=!".includes(operator[0]) ? 4 : 2))}`;
    };
    const list = [one()];
    while (this.chance(0.3)) list.push(this.one(["and", "or"]), one());
    return list.join(" ");
  }

  block(depth) {
    const inner = () => this.liquid(depth - 1);
    const roll = depth > 0 ? this.next() : 0;
    if (roll < 0.5) return `{{ ${this.filtered()} }}`;
    if (roll < 0.6) return `{% if ${this.test()} %}${inner()}{% elsif ${this.test()} %}${inner()}{% else %}${inner()}{% endif %}`;
    if (roll < 0.7) return `{%- unless ${this.test()} -%} ${inner()} {% endunless %}`;
    if (roll < 0.78) return `{% assign v = ${this.filtered()} %}`;
    if (roll < 0.84) return `{% capture v %}${inner()}{% endcapture %}`;
    if (roll < 0.9) return this.one(["{% increment n %}", "{% decrement n %}", "{% cycle 'a', 'b' %}", "{% cycle 'g': 1, 2 %}"]);
    return this.one(["{% raw %}{{ x }}{% endraw %}", "{% comment %}no{% endcomment %}", "{% echo userId | upcase %}", "{% # note %}", "{{- event -}}"]);
  }

  liquid(depth) {
    return this.many(3, () => this.one([" text ", "\n", "<b>", ""]) + this.block(depth)).join("");
  }
}
