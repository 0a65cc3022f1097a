//! Makes the source files of the sample warehouse: the same bytes on every machine.
//! It decides what happens on the marketplace; it must not know how `dwc` reads it.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use chrono::{Duration, NaiveDate, NaiveDateTime};

use files::{write_changes, write_couriers, write_promotions, write_sellers};

mod files;

/// Orders are made from here on, in Seoul's time.
const FIRST_DAY: (i32, u32, u32) = (2026, 2, 24);
/// Days with orders.
const DAYS: i64 = 36;
/// Orders to make.
const ORDERS: i64 = 5000;
/// Products, of which the last few arrive after they are sold.
const PRODUCTS: i64 = 150;
/// Hours by which Seoul is ahead of UTC.
const SEOUL: i64 = 9;

/// Splitmix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.unsigned_abs()) as i64
    }
    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// A state of a row, and when an extraction first sees it.
struct State {
    seen: NaiveDateTime,
    key: Vec<i64>,
    row: String,
}

/// The states of every table of changed rows, by `source/table`.
#[derive(Default)]
struct World(BTreeMap<&'static str, Vec<State>>);

impl World {
    fn put(&mut self, table: &'static str, key: &[i64], seen: NaiveDateTime, row: String) {
        let key = key.to_vec();
        self.0.entry(table).or_default().push(State { seen, key, row });
    }
}

/// The first line of each CSV file.
const HEADERS: [(&str, &str); 10] = [
    ("catalog/categories", "category_id,category_name,department_name,updated_at"),
    ("catalog/products", "product_id,product_name,category_id,brand,list_price,updated_at"),
    ("shop/stores", "store_id,store_name,grade,region,business_type,phone,is_open,updated_at"),
    ("shop/order_statuses", "status_code,status_name,is_final,updated_at"),
    ("shop/orders", "order_id,store_id,seller_id,ordered_at,promised_on,status,updated_at"),
    ("shop/order_items", "order_id,line_no,product_id,promotion_id,quantity,unit_price,discount_amount,updated_at"),
    ("logistics/deliveries", "delivery_id,order_id,courier_id,picked_up_at,delivered_at,updated_at"),
    ("payments/methods", "method_code,method_name,provider,updated_at"),
    ("payments/payments", "payment_id,order_id,method_code,paid_at,status,amount,updated_at"),
    ("deals/promotion_products", "promotion_id,product_id,on_day,updated_at"),
];

const CATEGORIES: [(&str, &str); 10] = [
    ("한우", "축산"),
    ("돼지고기", "축산"),
    ("닭고기", "축산"),
    ("생선", "수산"),
    ("조개류", "수산"),
    ("잎채소", "농산"),
    ("뿌리채소", "농산"),
    ("과일", "농산"),
    ("장류", "가공"),
    ("면류", "가공"),
];
const BRANDS: [&str; 6] = ["한결푸드", "바다마을", "들녘", "참맛", "오늘식자재", "늘푸른"];
const REGIONS: [&str; 6] = ["서울", "경기", "인천", "부산", "대구", "제주"];
const PLACES: [&str; 10] = ["명동", "홍대", "강남", "수원", "송도", "해운대", "동성로", "서귀포", "성수", "판교"];
const TRADES: [(&str, &str); 6] =
    [("국밥", "한식"), ("칼국수", "한식"), ("치킨", "치킨"), ("횟집", "일식"), ("분식", "분식"), ("정육식당", "고기")];

fn at(day: i64, minute: i64) -> NaiveDateTime {
    let (y, m, d) = FIRST_DAY;
    let first = NaiveDate::from_ymd_opt(y, m, d).unwrap_or_default();
    first.and_time(chrono::NaiveTime::MIN) + Duration::minutes(day * 1440 + minute)
}

fn text(t: NaiveDateTime) -> String {
    t.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn maybe(t: Option<NaiveDateTime>) -> String {
    t.map(text).unwrap_or_default()
}

/// Writes the files of every source into `root`, a folder per table.
pub fn write(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut dice = Dice(20_260_301);
    let mut world = World::default();
    reference(&mut world);
    let prices = products(&mut world, &mut dice);
    stores(&mut world, &mut dice);
    promotions(&mut world);
    orders(&mut world, &mut dice, &prices);
    write_changes(root, &world)?;
    write_sellers(root)?;
    write_promotions(root)?;
    write_couriers(root)
}

fn reference(world: &mut World) {
    let then = text(at(-30, 540));
    for (id, (name, department)) in (1..).zip(CATEGORIES) {
        world.put("catalog/categories", &[id], at(-30, 540), format!("{id},{name},{department},{then}"));
    }
    let statuses = [
        ("placed", "접수", false),
        ("confirmed", "확정", false),
        ("delivered", "완료", true),
        ("cancelled", "취소", true),
    ];
    for (id, (code, name, last)) in (1..).zip(statuses) {
        world.put("shop/order_statuses", &[id], at(-30, 540), format!("{code},{name},{last},{then}"));
    }
    let methods =
        [("card", "신용카드", "한빛카드"), ("transfer", "계좌이체", "나루은행"), ("point", "포인트", "marketplace")];
    for (id, (code, name, provider)) in (1..).zip(methods) {
        world.put("payments/methods", &[id], at(-30, 540), format!("{code},{name},{provider},{then}"));
    }
    let moved = at(19, 600);
    world.put("payments/methods", &[1], moved, format!("card,신용카드,새빛카드,{}", text(moved)));
}

/// Products and their list prices: one in five changes its price, one in fifteen its category.
fn products(world: &mut World, dice: &mut Dice) -> Vec<i64> {
    let mut prices = Vec::new();
    for id in 1..=PRODUCTS {
        let mut category = id % 10;
        let mut brand = BRANDS[dice.below(6) as usize];
        let mut price = (dice.below(60) + 5) * 500;
        prices.push(price);
        let late = id > PRODUCTS - 4;
        let born = if late { at(12, 480) } else { at(-20, 600 + id) };
        let first_seen = if late { at(15, 480) } else { born };
        for (step, when) in
            [None, Some(at(10 + id % 9, 500 + id)), Some(at(21 + id % 7, 500 + id))].into_iter().enumerate()
        {
            match step {
                0 => {}
                1 if id % 5 == 0 && !late => price = price * 11 / 10 / 100 * 100,
                2 if id % 15 == 0 && !late => category = (category + 1) % 10,
                2 if id % 22 == 0 && !late => brand = BRANDS[(id % 6) as usize],
                _ => continue,
            }
            let when = when.unwrap_or(born);
            let name = format!("{} {}호", CATEGORIES[(id % 10) as usize].0, id);
            let row = format!("{id},{name},{},{brand},{price},{}", category + 1, text(when));
            world.put("catalog/products", &[id], when.max(first_seen), row);
        }
    }
    prices
}

/// Stores: some are renamed or promoted, some change their telephone, some close.
fn stores(world: &mut World, dice: &mut Dice) {
    for id in 1..=60_i64 {
        let place = PLACES[(id % 10) as usize];
        let (trade, business) = TRADES[(id % 6) as usize];
        let mut name = format!("{place} {trade} {id}호점");
        let mut grade = ["bronze", "silver", "gold"][dice.below(3) as usize];
        let region = REGIONS[dice.below(6) as usize];
        let mut phone = format!("02-{:04}-{:04}", dice.below(9000) + 1000, id);
        let mut open = true;
        for step in 0..4_i64 {
            let when = if step == 0 { at(-60, 700 + id) } else { at(step * 8 + id % 8, 560 + id) };
            match step {
                0 => {}
                1 if id % 7 == 0 => name = format!("새 {name}"),
                2 if id % 4 == 0 => grade = if grade == "gold" { "silver" } else { "gold" },
                2 if id % 9 == 0 => phone = format!("070-{:04}-{id:04}", dice.below(9000) + 1000),
                3 if id % 20 == 0 => open = false,
                _ => continue,
            }
            let row = format!("{id},{name},{grade},{region},{business},{phone},{open},{}", text(when));
            world.put("shop/stores", &[id], when, row);
        }
    }
}

/// The days of promotion `id`: first and last.
fn deal_days(id: i64) -> (i64, i64) {
    (2 + id * 4, 2 + id * 4 + 4)
}

fn on_deal(product: i64, day: i64) -> Option<i64> {
    (1..=6).find(|id| {
        let (first, last) = deal_days(*id);
        product % 12 == *id && (first..=last).contains(&day)
    })
}

fn promotions(world: &mut World) {
    for id in 1..=6 {
        let (first, last) = deal_days(id);
        for product in (1..=PRODUCTS).filter(|p| p % 12 == id) {
            for day in first..=last {
                let seen = at(first - 1, 600);
                let row = format!("{id},{product},{},{}", at(day, 0).date(), text(seen));
                world.put("deals/promotion_products", &[id, product, day], seen, row);
            }
        }
    }
}

fn orders(world: &mut World, dice: &mut Dice, prices: &[i64]) {
    for order in 1..=ORDERS {
        // Restaurants order in the afternoon and at night, for the next morning.
        let minute = (order - 1) * DAYS * 1440 / ORDERS + dice.below(10);
        let (day, placed) = (minute / 1440, at(0, minute));
        let (mut store, seller) = (dice.below(60) + 1, dice.below(12) + 1);
        let promised = at(day + 1 + dice.below(2), 0).date();
        let fate = dice.below(100);
        let confirmed = placed + Duration::minutes(20 + dice.below(200));
        let ended = placed + Duration::minutes(600 + dice.below(1500));
        let last = if fate < 7 { "cancelled" } else { "delivered" };
        for (status, when) in [("placed", placed), ("confirmed", confirmed), (last, ended)] {
            if status == "confirmed" && fate == 50 {
                store = store % 60 + 1;
            }
            let row = format!("{order},{store},{seller},{},{promised},{status},{}", text(placed), text(when));
            world.put("shop/orders", &[order], when, row);
        }
        let total = lines(world, dice, prices, order, day, placed);
        if fate >= 2 {
            delivery(world, dice, order, confirmed, (fate >= 7).then_some(ended));
        }
        payment(world, dice, order, placed, total);
    }
}

fn lines(world: &mut World, dice: &mut Dice, prices: &[i64], order: i64, day: i64, placed: NaiveDateTime) -> i64 {
    let mut total = 0;
    for line in 1..=1 + dice.below(4) {
        let mut product = dice.below(PRODUCTS) + 1;
        if product > PRODUCTS - 4 && day < 13 {
            product -= 10;
        }
        let (quantity, price) = (1 + dice.below(12), prices[(product - 1) as usize]);
        let deal = on_deal(product, day);
        let discount = if deal.is_some() { quantity * price / 10 } else { 0 };
        total += quantity * price - discount;
        let deal = deal.map(|d| d.to_string()).unwrap_or_default();
        // One line in sixty comes a day and a half after its order.
        let seen = placed + Duration::minutes(if dice.one_in(60) { 2160 } else { 0 });
        let row = format!("{order},{line},{product},{deal},{quantity},{price},{discount},{}", text(placed));
        world.put("shop/order_items", &[order, line], seen, row);
    }
    total
}

fn delivery(world: &mut World, dice: &mut Dice, order: i64, made: NaiveDateTime, done: Option<NaiveDateTime>) {
    let (id, courier) = (700_000 + order, dice.below(20) + 1);
    let picked = done.map(|d| d - Duration::minutes(60 + dice.below(240)));
    let mut put = |courier: String, picked: Option<NaiveDateTime>, done: Option<NaiveDateTime>, when: NaiveDateTime| {
        let row = format!("{id},{order},{courier},{},{},{}", maybe(picked), maybe(done), text(when));
        world.put("logistics/deliveries", &[id], when, row);
    };
    put(String::new(), None, None, made);
    if let (Some(p), Some(d)) = (picked, done) {
        put(courier.to_string(), picked, None, p);
        put(courier.to_string(), picked, done, d);
    }
}

fn payment(world: &mut World, dice: &mut Dice, order: i64, placed: NaiveDateTime, total: i64) {
    let method = ["card", "card", "transfer", "point"][dice.below(4) as usize];
    let mut when = placed + Duration::minutes(1);
    let failed = dice.one_in(25);
    for (attempt, status) in [(1, if failed { "failed" } else { "paid" }), (2, "paid")] {
        if attempt == 2 && !failed {
            continue;
        }
        let id = order * 10 + attempt;
        let row = format!("{id},{order},{method},{},{status},{total},{}", text(when), text(when));
        world.put("payments/payments", &[id], when, row);
        when += Duration::minutes(7);
    }
}
