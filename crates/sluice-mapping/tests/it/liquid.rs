//! Liquid: what templates give, what is refused, and that a template cannot grow without bound.

use serde_json::{Value, json};
use sluice_mapping::liquid::{RENDER_BYTES_MAX, Template};

fn event() -> Value {
    json!({
        "event": "Order Completed", "userId": "u-7", "count": 5, "zero": 0, "no": false, "empty": "",
        "properties": {"price": 12.5, "tags": ["b", "a"], "items": [{"id": "i1", "n": 2}, {"id": "i2", "n": 3}]},
        "timestamp": "2026-03-04T05:06:07.000Z", "text": "  one two  three "
    })
}

fn check(template: &str, expected: &str) {
    let rendered = Template::parse(template).and_then(|template| template.render(Some(&event())));
    assert_eq!(rendered.as_deref(), Ok(expected), "{template}");
}

#[test]
fn templates_give_what_they_should() {
    check("{{ event }} / {{ missing.deep }} / {{ properties.tags }}", "Order Completed /  / ba");
    check("{{ properties.items[1].id }}{{ properties['items'].first.id }}", "i2i1");
    check("{{ properties.tags.size }} {{ event.size }} {{ properties.tags[-1] }}", "2 15 a");
    check("{% if count > 3 and userId %}y{% else %}n{% endif %}", "y");
    check(
        "{% if zero %}zero is true{% endif %}{% if empty %}, so is the empty text{% endif %}",
        "zero is true, so is the empty text",
    );
    check(
        "{% if empty == empty %}a{% endif %}{% if missing == nil %}b{% endif %}{% if text contains 'two' %}c{% endif %}",
        "bc",
    );
    check(
        "{% if empty == blank %}a{% endif %}{% if properties.tags contains 'a' %}b{% endif %}",
        "ab",
    );
    check("{% if true or false and false %}right to left{% endif %}", "right to left");
    check("{% if not no %}n{% endif %}{% unless no %}u{% endunless %}", "nu");
    check("{% if count == 1 %}1{% elsif count == 5 %}5{% else %}?{% endif %}", "5");
    check("{% assign x = properties.price | times: 2 | plus: 1 %}{{ x }}", "26");
    check(
        "{% capture y %}<{{ event | upcase }}>{% endcapture %}{{ y | escape }}",
        "&lt;ORDER COMPLETED&gt;",
    );
    check("{% increment n %}{% increment n %}{{ n }}{% decrement m %}", "012-1");
    check("{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}", "aba");
    check("a {%- if true -%} b {%- endif -%} c", "abc");
    check(
        "{% raw %}{{ x }}{% endraw %}{% comment %}{{ y | nope }}{% endcomment %}{% # note %}",
        "{{ x }}",
    );
    check("{% liquid\n assign z = 'q'\n echo z | append: '!'\n%}", "q!");
    check(
        "{{ missing | default: 'd' }}{{ no | default: 'e' }}{{ no | default: 'f', allow_false: true }}",
        "defalse",
    );
    check("{{ 'a,b,,' | split: ',' | join: '-' }}", "a-b");
    check(
        "{{ 1.005 | round: 2 }} {{ -1.5 | round }} {{ 7 | modulo: -3 }} {{ '3' | plus: 'x' }}",
        "1.01 -2 -2 3",
    );
    check(
        "{{ 10 | divided_by: 4 }} {{ 1 | divided_by: 0 }} {{ 5 | at_most: 3 }}",
        "2.5 Infinity 3",
    );
    check("{{ text | strip | truncatewords: 2 }} {{ event | truncate: 8 }}", "one two... Order...");
    check(
        "{{ event | slice: -9, 4 }} {{ event | replace: 'e', 'E' | remove_last: 'd' }}",
        "Comp OrdEr ComplEtE",
    );
    check(
        "{{ properties.items | sum: 'n' }} {{ properties.items | json }}",
        "5 [{\"id\":\"i1\",\"n\":2},{\"id\":\"i2\",\"n\":3}]",
    );
    check(
        "{{ timestamp | date: '%Y-%m-%d %H:%M' }} {{ 0 | date: '%Y' }} {{ 'x' | date: '%Y' }}",
        "2026-03-04 05:06 1970 x",
    );
    check(
        "{{ 'a b&c' | url_encode }} {{ 'a+b%26' | url_decode }} {{ 'ab' | base64_encode }}",
        "a+b%26c a b& YWI=",
    );
    check("{{ '<p>x</p><!-- y -->z <' | strip_html }}", "xz <");
}

#[test]
fn what_is_not_allowed_is_refused_with_its_place() {
    let refused = |text: &str| Template::parse(text).unwrap_err();
    assert_eq!(refused("{{ a | sort }}"), "filter \"sort\" is disabled, line:1, col:1");
    assert_eq!(
        refused("x\n{% for a in b %}{% endfor %}"),
        "tag \"for\" is disabled, line:2, col:1"
    );
    assert!(refused("{{ a | upcas }}").contains("did you mean `upcase`?"));
    assert!(refused("{% if a %}x").contains("tag \"endif\" is missing"));
    assert!(refused("{{ a ").contains("`{{` is not closed"));
    assert!(refused("{{ a b }}").contains("unexpected `b`"));
    assert!(refused(&"x".repeat(1_001)).contains("limited to 1000 characters"));
}

#[test]
fn a_template_that_doubles_itself_is_stopped() {
    let doubling =
        "{% assign a = 'xxxxxxxx' %}".to_owned() + &"{% assign a = a | append: a %}".repeat(30);
    let error = Template::parse(&doubling).unwrap().render(None).unwrap_err();
    assert!(error.contains(&RENDER_BYTES_MAX.to_string()), "{error}");
    let replacing = "{% assign a = a | replace: 'x', a %}";
    let text = format!("{{% assign a = 'xxxxxxxxxxxxxxxxxxxxxxxxx' %}}{}", replacing.repeat(8));
    assert!(Template::parse(&text).unwrap().render(None).is_err());
}
