//! Amplitude's revenue fields.

use std::borrow::Cow;

use super::super::json::{Fields, Object};

/// What Amplitude calls an order's or a product's revenue if the sender does not say.
pub(super) const PURCHASE: &str = "Purchase";

/// The revenue fields of one event.
pub(super) struct Revenue<'a> {
    amount: f64,
    price: f64,
    quantity: i64,
    product_id: Option<Cow<'a, str>>,
    revenue_type: Option<Cow<'a, str>>,
    receipt: Option<&'a str>,
    receipt_signature: Option<&'a str>,
    /// Properties whose very values went out in these fields.
    pub(super) sent: Vec<&'static str>,
}

impl<'a> Revenue<'a> {
    /// `None` if there is no amount. `takes_total` if `total` stands in for a missing `revenue`.
    pub(super) fn of_event(
        properties: &Object<'a>,
        takes_total: bool,
        default_type: Option<&'static str>,
    ) -> Option<Self> {
        let amount = properties.number("revenue");
        let mut sent = Vec::new();
        if amount.is_some() {
            sent.push("revenue");
        }
        let total = if takes_total { properties.number("total") } else { None };
        let amount = amount.or(total)?;
        let (price, quantity) = match properties.number("price") {
            Some(price) => {
                let quantity = quantity(properties, &mut sent);
                sent.push("price");
                (price, quantity)
            }
            // Amplitude takes price times quantity, and the amount is of all of them.
            None => {
                sent.extend((properties.number("quantity") == Some(1.0)).then_some("quantity"));
                (amount, 1)
            }
        };
        Some(Self::with(properties, (amount, price, quantity), default_type, sent))
    }

    /// Of one product of an order: price times quantity, else the product's own revenue.
    pub(super) fn of_product(product: &Object<'a>) -> Option<Self> {
        let mut sent = Vec::new();
        let amounts = match (product.number("price"), product.number("revenue")) {
            (Some(price), _) => {
                let quantity = quantity(product, &mut sent);
                (exact(price * exact_count(quantity)), price, quantity)
            }
            (None, Some(revenue)) => (revenue, revenue, 1),
            (None, None) => return None,
        };
        Some(Self::with(product, amounts, Some(PURCHASE), sent))
    }

    fn with(
        properties: &Object<'a>,
        (amount, price, quantity): (f64, f64, i64),
        default_type: Option<&'static str>,
        mut sent: Vec<&'static str>,
    ) -> Self {
        let product_id = text_of(properties, ["productId", "product_id"], &mut sent);
        let revenue_type = text_of(properties, ["revenueType", "revenue_type"], &mut sent);
        let receipt = raw_of(properties, ["receipt", "receipt"], &mut sent);
        let receipt_signature =
            raw_of(properties, ["receiptSignature", "receipt_signature"], &mut sent);
        Self {
            amount,
            price,
            quantity,
            product_id,
            revenue_type: revenue_type.or(default_type.map(Cow::Borrowed)),
            receipt,
            receipt_signature,
            sent,
        }
    }

    pub(super) fn put(&self, fields: &mut Fields<'_>) {
        fields.number("price", self.price);
        fields.integer("quantity", self.quantity);
        fields.number("revenue", self.amount);
        fields.text_some("productId", self.product_id.as_deref());
        fields.text_some("revenueType", self.revenue_type.as_deref());
        fields.raw_some("receipt", self.receipt);
        fields.raw_some("receiptSignature", self.receipt_signature);
    }
}

/// Whole pieces, one if the sender names none.
#[expect(clippy::cast_possible_truncation, reason = "rounded, and bounded before")]
fn quantity(properties: &Object<'_>, sent: &mut Vec<&'static str>) -> i64 {
    let Some(given) = properties.number("quantity").filter(|given| given.abs() < 9e15) else {
        return 1;
    };
    if given.fract() == 0.0 {
        sent.push("quantity");
    }
    given.round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
const fn exact_count(quantity: i64) -> f64 {
    quantity as f64
}

/// Without the dust that binary fractions leave: 3 × 0.1 is 0.3.
fn exact(amount: f64) -> f64 {
    let rounded = (amount * 1e6).round() / 1e6;
    if rounded.is_finite() { rounded } else { amount }
}

fn text_of<'a>(
    properties: &Object<'a>,
    keys: [&'static str; 2],
    sent: &mut Vec<&'static str>,
) -> Option<Cow<'a, str>> {
    let (key, text) = keys.into_iter().find_map(|key| Some((key, properties.text(key)?)))?;
    sent.push(key);
    Some(text)
}

fn raw_of<'a>(
    properties: &Object<'a>,
    keys: [&'static str; 2],
    sent: &mut Vec<&'static str>,
) -> Option<&'a str> {
    let (key, raw) = keys.into_iter().find_map(|key| Some((key, properties.get(key)?)))?;
    sent.push(key);
    Some(raw)
}
