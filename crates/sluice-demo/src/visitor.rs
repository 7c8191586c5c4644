//! What one visitor does, as the events that a shop's web page, app and server would send.
//!
//! A visitor has one or two devices, each with an anonymous id of its own, may sign up on one of
//! them and sign in on the other: whoever does both becomes one person. No two events of a visitor
//! fall into the same second, so that no count depends on how ties are broken.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;

use crate::catalog::{self, Campaign, Country, Product, money, object, pick};
use crate::envelope::{call, library, message_id, uuid};
use crate::order::Order;
use crate::rhythm::{Span, pause};

/// A visit is over before this; none starts later than this before the end of the span.
pub(crate) const VISIT_MAX: Duration = Duration::from_secs(2 * 3_600);

/// Which program sends an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Browser,
    Phone,
    Server,
}

/// One event before it is packed into a request.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub at: Timestamp,
    /// Who did it, once everything is known: 0 for the visitor, 1 for a second device of theirs
    /// that was never tied to them. The shop makes the number unique.
    pub person: u64,
    /// The code under which a faulty event will be refused.
    pub refused: Option<&'static str>,
    pub sender: Sender,
    pub json: Map<String, Value>,
}

struct Device {
    anonymous_id: String,
    platform: &'static str,
    sender: Sender,
    signed_in: bool,
}

struct Layout {
    id: &'static str,
    name: &'static str,
    order_share: f64,
}

/// The two variants of the experiment `checkout_layout`.
static LAYOUTS: [Layout; 2] = [
    Layout { id: "var_three_step", name: "Three steps", order_share: 0.47 },
    Layout { id: "var_one_page", name: "One page", order_share: 0.62 },
];

struct Visitor {
    rng: StdRng,
    /// Unique within the shop; part of every id that the visitor makes.
    name: String,
    country: &'static Country,
    campaign: Option<Campaign>,
    devices: Vec<Device>,
    layout: &'static Layout,
    user_id: Option<String>,
    plan: (&'static str, &'static str),
    /// A signup that waits for its confirmation: method, when it started.
    unconfirmed: Option<(&'static str, Timestamp)>,
    cart: Vec<(usize, &'static Product, u64)>,
    orders: u32,
    last_second: i64,
    /// Events with the number of their device; the server's events with that of the user's.
    events: Vec<(usize, Planned)>,
}

/// Everything that one visitor does within the span, in order: at most `visits_max` visits, the
/// first at `first_at(rng, hours ahead of UTC)`. The name must be unique among all visitors.
pub(crate) fn plan(
    seed: u64,
    name: String,
    first_at: impl FnOnce(&mut StdRng, i64) -> Timestamp,
    span: Span,
    visits_max: u32,
) -> Vec<Planned> {
    let mut rng = StdRng::seed_from_u64(seed);
    let country = catalog::pick_country(&mut rng);
    let at = first_at(&mut rng, country.utc_hours);
    let mut visitor = Visitor::new(rng, name, country);
    visitor.visit_until(at, span, visits_max);
    visitor.into_events()
}

/// Number of the app's release at a moment: one every three weeks.
fn release(at: Timestamp) -> i64 {
    const LENGTH_SECS: i64 = 21 * 86_400;
    // The first came out in the spring of 2025.
    at.as_secs().div_euclid(LENGTH_SECS) - 960
}

impl Visitor {
    fn new(mut rng: StdRng, name: String, country: &'static Country) -> Self {
        let mut devices = vec![Device::new(&mut rng)];
        if rng.random_bool(0.22) {
            devices.push(Device::new(&mut rng));
        }
        Self {
            campaign: catalog::pick_campaign(&mut rng),
            layout: &LAYOUTS[usize::from(rng.random_bool(0.5))],
            plan: *pick(&mut rng, catalog::PLANS),
            rng,
            name,
            country,
            devices,
            user_id: None,
            unconfirmed: None,
            cart: Vec::new(),
            orders: 0,
            last_second: i64::MIN,
            events: Vec::new(),
        }
    }

    fn visit_until(&mut self, first_at: Timestamp, span: Span, visits_max: u32) {
        let mut at = first_at;
        for _ in 0..visits_max {
            if at.plus(VISIT_MAX) > span.to {
                return;
            }
            let device = if self.devices.len() > 1 && self.rng.random_bool(0.42) { 1 } else { 0 };
            let end = self.visit(device, at);
            if !self.rng.random_bool(0.62) {
                return;
            }
            at = end.plus(pause(&mut self.rng, 3 * 3_600, 14 * 86_400));
        }
    }

    fn into_events(self) -> Vec<Planned> {
        let main = self.devices.iter().position(|device| device.signed_in).unwrap_or(0);
        let linked: Vec<bool> = self.devices.iter().map(|device| device.signed_in).collect();
        self.events
            .into_iter()
            .map(|(device, mut planned)| {
                let apart = device != main && !linked[device];
                planned.person = u64::from(apart);
                planned
            })
            .collect()
    }

    fn visit(&mut self, device: usize, at: Timestamp) -> Timestamp {
        let mut at = self.view(device, at, "Home", "/");
        if let Some((method, started_at)) = self.unconfirmed.take() {
            at = self.complete_signup(device, at, method, started_at);
        }
        if self.user_id.is_some() && !self.devices[device].signed_in && self.rng.random_bool(0.7) {
            at = self.sign_in(device, at);
        }
        at = self.browse(device, at);
        if self.user_id.is_none() {
            let wish = if self.cart.is_empty() { 0.16 } else { 0.5 };
            if self.rng.random_bool(wish) {
                at = self.sign_up(device, at);
            }
        }
        if !self.cart.is_empty() {
            at = self.check_out(device, at);
        }
        at
    }

    fn browse(&mut self, device: usize, mut at: Timestamp) -> Timestamp {
        if self.rng.random_bool(0.14) {
            let query = *pick(&mut self.rng, &[(3, "kettle"), (2, "desk"), (1, "gift")]);
            at = self.track(device, at, "Products Searched", json!({ "query": query }));
        }
        if !self.rng.random_bool(0.81) {
            return at;
        }
        for _ in 0..self.rng.random_range(1..=4) {
            let (position, product) = catalog::pick_product(&mut self.rng);
            at = self.view(device, at, product.name, &format!("/products/{}", product.id));
            let mut properties = product.properties(1, position);
            properties.insert("currency".into(), "USD".into());
            properties.insert("value".into(), money(product.price_cents));
            at = self.track(device, at, "Product Viewed", Value::Object(properties));
            if self.rng.random_bool(0.11) {
                let quantity = *pick(&mut self.rng, &[(84, 1_u64), (12, 2), (4, 3)]);
                let mut properties = product.properties(quantity, position);
                properties.insert("cart_id".into(), self.cart_id().into());
                at = self.track(device, at, "Product Added", Value::Object(properties));
                self.cart.push((position, product, quantity));
            }
        }
        at
    }

    fn sign_up(&mut self, device: usize, at: Timestamp) -> Timestamp {
        let mut at = at;
        for _ in 0..2 {
            let method = *pick(&mut self.rng, catalog::SIGNUP_METHODS);
            let platform = self.devices[device].platform;
            let properties = json!({
                "signup_method": method, "platform": platform, "country": self.country.code,
            });
            let started_at = at;
            at = self.track(device, at, "Signup Started", properties);
            let share = if method == "email" { 0.48 } else { 0.72 };
            if self.rng.random_bool(share) {
                let at = at.plus(pause(&mut self.rng, 14, 600));
                return self.complete_signup(device, at, method, started_at);
            }
            if method == "email" && self.rng.random_bool(0.3) {
                self.unconfirmed = Some((method, started_at));
                return at;
            }
            if !self.rng.random_bool(0.25) {
                return at;
            }
        }
        at
    }

    fn complete_signup(
        &mut self,
        device: usize,
        at: Timestamp,
        method: &'static str,
        started_at: Timestamp,
    ) -> Timestamp {
        let user_id = format!("user_{}", self.name);
        self.user_id = Some(user_id.clone());
        self.devices[device].signed_in = true;
        let mut at = self.identify(device, at);
        let (plan_code, plan_name) = self.plan;
        let properties = json!({
            "user_id": user_id,
            "signup_method": method,
            "country": self.country.code,
            "time_to_complete_signup": at.since(started_at).as_secs(),
            "planCode": plan_code,
            "planName": plan_name,
        });
        at = self.track(device, at, "Signup Completed", properties);
        if self.rng.random_bool(0.13) {
            at = self.group(device, at);
        }
        at
    }

    fn sign_in(&mut self, device: usize, at: Timestamp) -> Timestamp {
        self.devices[device].signed_in = true;
        let at = self.identify(device, at);
        self.track(device, at, "Signed In", json!({ "username": self.email() }))
    }

    fn check_out(&mut self, device: usize, at: Timestamp) -> Timestamp {
        let products = self.cart_products();
        let cart = json!({ "cart_id": self.cart_id(), "products": products });
        let mut at = self.track(device, at, "Cart Viewed", cart);
        let seen = json!({
            "experiment_id": "exp_checkout_layout",
            "experiment_name": "Checkout layout",
            "variation_id": self.layout.id,
            "variation_name": self.layout.name,
        });
        at = self.track(device, at, "Experiment Viewed", seen);
        if !self.rng.random_bool(0.58) {
            // Left in the cart; some come back for it, others start with an empty one.
            if self.rng.random_bool(0.5) {
                self.cart.clear();
            }
            return at;
        }
        let cost = |(_, product, quantity): &(usize, &Product, u64)| product.price_cents * quantity;
        let products_cents = self.cart.iter().map(cost).sum();
        let id = format!("ord_{}_{}", self.name, self.orders);
        let order = Order::new(&mut self.rng, id, products_cents);
        at = self.track(device, at, "Checkout Started", order.properties(None, &products));
        if !self.rng.random_bool(self.layout.order_share) {
            return at;
        }
        let checkout_id = format!("chk_{}", order.id);
        let payment = json!({
            "checkout_id": checkout_id, "order_id": order.id, "step": 2,
            "shipping_method": "standard", "payment_method": "card",
        });
        at = self.track(device, at, "Payment Info Entered", payment);
        let sender = if self.devices[device].signed_in && self.rng.random_bool(0.6) {
            Sender::Server
        } else {
            self.devices[device].sender
        };
        let completed = order.properties(Some(&checkout_id), &products);
        at = self.emit(device, at, sender, call("track", "event", "Order Completed", completed));
        self.orders += 1;
        self.cart.clear();
        at
    }

    fn identify(&mut self, device: usize, at: Timestamp) -> Timestamp {
        let traits = json!({
            "email": self.email(),
            "name": format!("Visitor {}", self.name),
            "plan": self.plan.0,
            "country": self.country.code,
            "experiment_checkout_layout": self.layout.id,
        });
        let mut json = Map::new();
        json.insert("type".into(), "identify".into());
        json.insert("traits".into(), traits);
        let sender = self.devices[device].sender;
        self.emit(device, at, sender, json)
    }

    fn group(&mut self, device: usize, at: Timestamp) -> Timestamp {
        let company = self.rng.random_range(1..=40);
        let json = object(json!({
            "type": "group",
            "groupId": format!("company_{company}"),
            "traits": {
                "name": format!("Company {company}"),
                "industry": "Design",
                "employees": company * 7,
                "plan": self.plan.0,
            },
        }));
        let sender = self.devices[device].sender;
        self.emit(device, at, sender, json)
    }

    fn view(&mut self, device: usize, at: Timestamp, title: &str, path: &str) -> Timestamp {
        let (sender, json) = match self.devices[device].sender {
            Sender::Phone => {
                (Sender::Phone, call("screen", "name", title, json!({ "name": title })))
            }
            sender => {
                let page = json!({
                    "name": title, "title": title, "path": path, "referrer": "", "search": "",
                    "url": format!("https://shop.example{path}"),
                });
                (sender, call("page", "name", title, page))
            }
        };
        self.emit(device, at, sender, json)
    }

    fn track(&mut self, device: usize, at: Timestamp, event: &str, properties: Value) -> Timestamp {
        let sender = self.devices[device].sender;
        self.emit(device, at, sender, call("track", "event", event, properties))
    }

    /// Adds who, when and where to a call, and gives the moment of the next one.
    fn emit(
        &mut self,
        device: usize,
        at: Timestamp,
        sender: Sender,
        json: Map<String, Value>,
    ) -> Timestamp {
        let at = at.max(Timestamp::from_secs(self.last_second.saturating_add(1)));
        self.last_second = at.as_secs();
        let used = &self.devices[device];
        let mut event = Map::new();
        event.insert("messageId".into(), message_id(&mut self.rng, sender, at).into());
        event.insert("timestamp".into(), at.to_string().into());
        if sender != Sender::Server {
            event.insert("anonymousId".into(), used.anonymous_id.as_str().into());
        }
        if let Some(user_id) = self.user_id.as_deref().filter(|_| used.signed_in) {
            event.insert("userId".into(), user_id.into());
        }
        event.extend(json);
        event.insert("context".into(), self.context(device, sender, at, &event));
        self.events.push((device, Planned { at, person: 0, refused: None, sender, json: event }));
        at.plus(pause(&mut self.rng, 2, 95))
    }

    fn context(
        &self,
        device: usize,
        sender: Sender,
        at: Timestamp,
        event: &Map<String, Value>,
    ) -> Value {
        let release = release(at);
        let used = &self.devices[device];
        let mut context = match sender {
            Sender::Server => {
                return json!({ "library": library("@segment/analytics-node", "3.1.0") });
            }
            Sender::Browser => json!({
                "library": library("analytics.js", "npm:next-1.84.1"),
                "locale": self.country.locale,
                "timezone": self.country.zone,
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
                "page": event.get("properties").filter(|_| event["type"] == "page")
                    .map_or_else(|| json!({ "path": "/" }), |page| json!({ "path": page["path"], "title": page["title"] })),
            }),
            Sender::Phone => json!({
                "library": library("@segment/analytics-react-native", "2.21.3"),
                "locale": self.country.locale,
                "timezone": self.country.zone,
                "app": { "name": "Shop", "version": format!("3.{release}.0"), "build": format!("3{release:02}") },
                "os": { "name": used.platform, "version": if used.platform == "iOS" { "19.1" } else { "16" } },
                "device": { "type": used.platform.to_ascii_lowercase(), "id": format!("dev-{}", used.anonymous_id) },
            }),
        };
        if let Some(Campaign { source, medium, name }) = self.campaign {
            context["campaign"] = json!({ "source": source, "medium": medium, "name": name });
        }
        context
    }

    fn email(&self) -> String {
        format!("{}@mail.example", self.name)
    }

    fn cart_id(&self) -> String {
        format!("cart_{}_{}", self.name, self.orders)
    }

    fn cart_products(&self) -> Vec<Value> {
        self.cart
            .iter()
            .map(|(position, product, quantity)| {
                Value::Object(product.properties(*quantity, *position))
            })
            .collect()
    }
}

impl Device {
    fn new(rng: &mut StdRng) -> Self {
        let platform = *pick(rng, catalog::PLATFORMS);
        let sender = if platform == "web" { Sender::Browser } else { Sender::Phone };
        Self { anonymous_id: uuid(rng), platform, sender, signed_in: false }
    }
}
