//! What the shop sells and where its visitors come from.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

pub(crate) struct Product {
    pub id: &'static str,
    pub sku: &'static str,
    pub category: &'static str,
    pub name: &'static str,
    pub brand: &'static str,
    pub variant: &'static str,
    pub price_cents: u64,
    weight: u32,
}

const fn product(
    ids: (&'static str, &'static str),
    category: &'static str,
    name: &'static str,
    make: (&'static str, &'static str),
    price_cents: u64,
    weight: u32,
) -> Product {
    let ((id, sku), (brand, variant)) = (ids, make);
    Product { id, sku, category, name, brand, variant, price_cents, weight }
}

pub(crate) static PRODUCTS: &[Product] = &[
    product(("p-101", "KET-GRY"), "Kitchen", "Gooseneck Kettle", ("Brewline", "grey"), 7_900, 9),
    product(("p-102", "GRN-BLK"), "Kitchen", "Hand Grinder", ("Brewline", "black"), 5_450, 8),
    product(("p-103", "DRP-WHT"), "Kitchen", "Ceramic Dripper", ("Hario", "white"), 2_390, 12),
    product(("p-104", "FLT-100"), "Kitchen", "Paper Filters, 100", ("Hario", "02"), 690, 14),
    product(("p-105", "SCL-BLK"), "Kitchen", "Pocket Scale", ("Tare", "black"), 3_900, 6),
    product(("p-201", "LMP-OAK"), "Home", "Desk Lamp", ("Nordlys", "oak"), 11_900, 4),
    product(("p-202", "BLK-WOL"), "Home", "Wool Blanket", ("Fjell", "sand"), 8_900, 5),
    product(("p-203", "VAS-BLU"), "Home", "Stoneware Vase", ("Leire", "blue"), 4_200, 5),
    product(("p-204", "CND-CED"), "Home", "Cedar Candle", ("Leire", "220 g"), 1_900, 9),
    product(("p-301", "BKP-20L"), "Travel", "Day Pack 20 l", ("Fjell", "moss"), 9_900, 7),
    product(("p-302", "BTL-750"), "Travel", "Steel Bottle 750 ml", ("Fjell", "steel"), 2_900, 11),
    product(("p-303", "ORG-SML"), "Travel", "Cable Organiser", ("Tare", "small"), 2_250, 6),
    product(("p-401", "NTB-A5D"), "Desk", "Dotted Notebook A5", ("Papir", "dotted"), 1_450, 13),
    product(("p-402", "PEN-FIN"), "Desk", "Fineliner Set", ("Papir", "0.4 mm"), 1_290, 10),
    product(("p-403", "MAT-GRY"), "Desk", "Felt Desk Mat", ("Nordlys", "grey"), 3_450, 6),
    product(("p-404", "STD-ALU"), "Desk", "Laptop Stand", ("Tare", "aluminium"), 5_900, 7),
];

impl Product {
    /// The properties that the e-commerce spec gives a product.
    pub(crate) fn properties(&self, quantity: u64, position: usize) -> Map<String, Value> {
        let slug = self.name.to_ascii_lowercase().replace([' ', ','], "-");
        let value = json!({
            "product_id": self.id,
            "sku": self.sku,
            "category": self.category,
            "name": self.name,
            "brand": self.brand,
            "variant": self.variant,
            "price": money(self.price_cents),
            "quantity": quantity,
            "position": position,
            "url": format!("https://shop.example/products/{slug}"),
            "image_url": format!("https://shop.example/images/{}.jpg", self.sku),
        });
        object(value)
    }
}

/// Cents as the number that a shop would send.
#[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 cents")]
pub(crate) fn money(cents: u64) -> Value {
    json!(cents as f64 / 100.0)
}

/// The map inside a JSON object; empty for anything else.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub(crate) struct Country {
    pub code: &'static str,
    pub locale: &'static str,
    pub zone: &'static str,
    /// Hours ahead of UTC, near enough to give each country its own evening.
    pub utc_hours: i64,
}

const fn country(
    code: &'static str,
    locale: &'static str,
    zone: &'static str,
    utc_hours: i64,
) -> Country {
    Country { code, locale, zone, utc_hours }
}

static COUNTRIES: &[(u32, Country)] = &[
    (34, country("US", "en-US", "America/Chicago", -6)),
    (17, country("DE", "de-DE", "Europe/Berlin", 1)),
    (14, country("GB", "en-GB", "Europe/London", 0)),
    (9, country("FR", "fr-FR", "Europe/Paris", 1)),
    (8, country("IN", "en-IN", "Asia/Kolkata", 5)),
    (7, country("BR", "pt-BR", "America/Sao_Paulo", -3)),
    (6, country("VN", "vi-VN", "Asia/Ho_Chi_Minh", 7)),
    (5, country("JP", "ja-JP", "Asia/Tokyo", 9)),
];

/// Where a visitor came from.
#[derive(Clone, Copy)]
pub(crate) struct Campaign {
    pub source: &'static str,
    pub medium: &'static str,
    pub name: &'static str,
}

const fn campaign(
    source: &'static str,
    medium: &'static str,
    name: &'static str,
) -> Option<Campaign> {
    Some(Campaign { source, medium, name })
}

static CAMPAIGNS: &[(u32, Option<Campaign>)] = &[
    (48, None),
    (22, campaign("google", "cpc", "autumn-brand")),
    (14, campaign("newsletter", "email", "weekly-picks")),
    (10, campaign("instagram", "social", "desk-setup")),
    (6, campaign("partner", "referral", "coffee-blog")),
];

pub(crate) static PLANS: &[(u32, (&str, &str))] =
    &[(70, ("free", "Free")), (22, ("plus_monthly", "Plus")), (8, ("pro_yearly", "Pro"))];

pub(crate) static SIGNUP_METHODS: &[(u32, &str)] = &[(46, "email"), (38, "Google"), (16, "Apple")];

/// The ways in, as the signup flow names them.
pub(crate) static PLATFORMS: &[(u32, &str)] = &[(62, "web"), (22, "iOS"), (16, "Android")];

pub(crate) fn pick<'a, T>(rng: &mut StdRng, weighted: &'a [(u32, T)]) -> &'a T {
    let total: u32 = weighted.iter().map(|(weight, _)| weight).sum();
    let mut at = rng.random_range(0..total);
    for (weight, item) in weighted {
        if at < *weight {
            return item;
        }
        at -= weight;
    }
    unreachable!("the number drawn is below the sum of the weights")
}

pub(crate) fn pick_country(rng: &mut StdRng) -> &'static Country {
    pick(rng, COUNTRIES)
}

pub(crate) fn pick_campaign(rng: &mut StdRng) -> Option<Campaign> {
    *pick(rng, CAMPAIGNS)
}

/// A product and its place in the list; popular ones more often.
pub(crate) fn pick_product(rng: &mut StdRng) -> (usize, &'static Product) {
    let total: u32 = PRODUCTS.iter().map(|product| product.weight).sum();
    let mut at = rng.random_range(0..total);
    for (position, product) in PRODUCTS.iter().enumerate() {
        if at < product.weight {
            return (position + 1, product);
        }
        at -= product.weight;
    }
    unreachable!("the number drawn is below the sum of the weights")
}
