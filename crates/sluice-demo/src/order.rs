//! An order and its amounts.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Map, Value};

use crate::catalog::money;

/// The amounts of an order, in cents.
pub(crate) struct Order {
    pub id: String,
    products_cents: u64,
    discount_cents: u64,
    shipping_cents: u64,
    tax_cents: u64,
    coupon: Option<&'static str>,
}

impl Order {
    /// An order of a cart whose products cost so much together; some have a coupon.
    pub(crate) fn new(rng: &mut StdRng, id: String, products_cents: u64) -> Self {
        let coupon = rng.random_bool(0.15).then_some("WELCOME10");
        let discount_cents = if coupon.is_some() { products_cents / 10 } else { 0 };
        Self {
            id,
            products_cents,
            discount_cents,
            shipping_cents: if products_cents > 7_500 { 0 } else { 490 },
            tax_cents: (products_cents - discount_cents) * 8 / 100,
            coupon,
        }
    }

    /// Of Order Completed if there is a checkout id, else of Checkout Started. By the e-commerce
    /// spec `revenue` leaves out shipping and tax.
    pub(crate) fn properties(&self, checkout_id: Option<&str>, products: &[Value]) -> Value {
        let subtotal = self.products_cents - self.discount_cents;
        let mut properties = Map::new();
        let mut put = |name: &str, value: Value| properties.insert(name.into(), value);
        if let Some(checkout_id) = checkout_id {
            put("checkout_id", checkout_id.into());
            put("subtotal", money(subtotal));
            put("total", money(subtotal + self.shipping_cents + self.tax_cents));
        } else {
            put("value", money(subtotal));
        }
        put("order_id", self.id.as_str().into());
        put("affiliation", "Web Store".into());
        put("revenue", money(subtotal));
        put("shipping", money(self.shipping_cents));
        put("tax", money(self.tax_cents));
        put("discount", money(self.discount_cents));
        if let Some(coupon) = self.coupon {
            put("coupon", coupon.into());
        }
        put("currency", "USD".into());
        put("products", products.into());
        Value::Object(properties)
    }
}
