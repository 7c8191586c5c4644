//! Track calls: one event, or an order with an event for each of its products.

use std::borrow::Cow;

use sluice_destination_kit::Reason;

use super::super::json::{Fields, Object};
use super::properties::EventProperties;
use super::revenue::{PURCHASE, Revenue};
use super::subject::Subject;
use super::{Endpoint, Mapped, fields, refused};

const PRODUCT_PURCHASED: &str = "Product Purchased";
/// Names that Amplitude uses itself.
const RESERVED: [&str; 8] = [
    "[Amplitude] Start Session",
    "[Amplitude] End Session",
    "[Amplitude] Revenue",
    "[Amplitude] Revenue (Verified)",
    "[Amplitude] Revenue (Unverified)",
    "[Amplitude] Merged User",
    "$identify",
    "$groupidentify",
];
/// What is kept of a product when an order stays one event.
const PRODUCT_KEYS: [&str; 7] =
    ["productId", "product_id", "sku", "name", "price", "quantity", "category"];

pub(super) fn map(subject: &Subject<'_>, mapped: &mut Mapped) -> Result<(), Reason> {
    subject.must_be_somebody()?;
    let name = &*subject.event.name;
    if name.is_empty() {
        return Err(refused("a track call needs an event name"));
    }
    if RESERVED.contains(&name) {
        mapped.warn("RESERVED_EVENT_TYPE", format!("Amplitude uses the name `{name}` itself"));
    }
    let properties = Object::parse_some(subject.event.body_json());
    let products: Vec<&str> =
        if is_order(name) { objects_of(properties.get("products")) } else { Vec::new() };
    let shared = fields::of_event(subject);
    order_or_event(subject, &properties, &products, &shared, mapped);
    if !subject.config.products_once {
        for (number, product) in products.iter().enumerate() {
            put_product(subject, product, number + 1, &shared, mapped);
        }
    }
    Ok(())
}

/// `Order Completed` however it is written.
fn is_order(name: &str) -> bool {
    let letters = name.trim().bytes().filter(|byte| !matches!(byte, b' ' | b'_'));
    let is = |words: &str| letters.clone().map(|b| b.to_ascii_lowercase()).eq(words.bytes());
    name.trim().len() <= "order completed".len() && (is("ordercompleted") || is("completedorder"))
}

fn objects_of(list: Option<&str>) -> Vec<&str> {
    let Some(list) = list else { return Vec::new() };
    let mut scanner = sluice_event::json::Scanner::new(list);
    let (mut objects, mut is_inside) = (Vec::new(), scanner.enter_array().unwrap_or(false));
    while is_inside {
        let Ok(place) = scanner.value() else { break };
        objects.extend(list.get(place).filter(|value| value.starts_with('{')));
        is_inside = scanner.next_element().unwrap_or(false);
    }
    objects
}

fn order_or_event<'a>(
    subject: &Subject<'a>,
    properties: &Object<'a>,
    products: &[&'a str],
    shared: &str,
    mapped: &mut Mapped,
) {
    let (config, name) = (subject.config, &*subject.event.name);
    let is_order = is_order(name);
    let is_on_products =
        config.revenue_per_product && !config.products_once && !products.is_empty();
    let default_type = (is_order || name == PRODUCT_PURCHASED).then_some(PURCHASE);
    let revenue = if is_on_products {
        None
    } else {
        Revenue::of_event(properties, is_order || subject.is_mobile, default_type)
    };
    let mut event_properties = EventProperties::of_call(subject, properties);
    if !products.is_empty() {
        event_properties.remove("products");
        if config.products_once {
            event_properties.add("products", Cow::Owned(reduced(products)));
        }
    } else if let Some(revenue) = &revenue
        && !is_order
        && !config.keeps_revenue_properties
    {
        revenue.sent.iter().for_each(|key| event_properties.remove(key));
    }
    let mut out = String::with_capacity(shared.len() + 512);
    let mut event = Fields::open(&mut out);
    event.text("event_type", name);
    event.text("insert_id", &subject.event.message_id);
    event_properties.put(&mut event, config, mapped);
    if let Some(revenue) = &revenue {
        revenue.put(&mut event);
    }
    event.all(shared);
    event.close();
    mapped.put(Endpoint::Events, out);
}

fn reduced(products: &[&str]) -> String {
    let mut out = String::from("[");
    for (i, product) in products.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let product = Object::parse(product);
        let mut fields = Fields::open(&mut out);
        for (key, raw) in product.members().filter(|(key, _)| PRODUCT_KEYS.contains(&key.raw())) {
            fields.raw(key.raw(), raw);
        }
        fields.close();
    }
    out.push(']');
    out
}

/// The event of one product, counted from one.
fn put_product(subject: &Subject<'_>, raw: &str, number: usize, shared: &str, mapped: &mut Mapped) {
    let product = Object::parse(raw);
    let mut out = String::with_capacity(shared.len() + raw.len() + 256);
    let mut event = Fields::open(&mut out);
    event.text("event_type", PRODUCT_PURCHASED);
    event.text("insert_id", &format!("{}-{number}", subject.event.message_id));
    let properties = super::properties::takeable(raw, subject.config, mapped);
    event.raw("event_properties", &properties);
    if subject.config.revenue_per_product
        && let Some(revenue) = Revenue::of_product(&product)
    {
        revenue.put(&mut event);
    }
    event.all(shared);
    event.close();
    mapped.put(Endpoint::Events, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_known_however_its_name_is_written() {
        for name in ["Order Completed", "order_completed", " COMPLETED ORDER", "orderCompleted"] {
            assert!(is_order(name), "{name}");
        }
        for name in ["Order Complete", "Orders Completed", "Order-Completed", "Reorder Completed"] {
            assert!(!is_order(name), "{name}");
        }
    }
}
