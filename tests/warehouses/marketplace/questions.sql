-- setup
CREATE SCHEMA raw;
CREATE VIEW raw.orders AS SELECT * EXCLUDE (filename) FROM read_csv('@root/models/data/shop/orders/*.csv', filename = true)
  QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY updated_at DESC, filename DESC) = 1;
CREATE VIEW raw.items AS SELECT * FROM read_csv('@root/models/data/shop/order_items/*.csv');
CREATE VIEW raw.sold AS SELECT i.*, o.* EXCLUDE (order_id, updated_at), quantity * unit_price - discount_amount AS amount
  FROM raw.items AS i JOIN raw.orders AS o USING (order_id) WHERE o.status <> 'cancelled';
CREATE VIEW raw.categories AS SELECT * FROM read_csv('@root/models/data/catalog/categories/*.csv');
CREATE VIEW raw.products AS
  SELECT p.*, row_number() OVER (PARTITION BY product_id ORDER BY p.updated_at) AS version,
    CASE WHEN lag(p.updated_at) OVER (PARTITION BY product_id ORDER BY p.updated_at) IS NULL THEN TIMESTAMP '0001-01-01' ELSE p.updated_at END AS since,
    coalesce(lead(p.updated_at) OVER (PARTITION BY product_id ORDER BY p.updated_at), TIMESTAMP '9999-12-31') AS until
  FROM read_csv('@root/models/data/catalog/products/*.csv') AS p;
CREATE VIEW raw.stores AS
  SELECT s.*,
    CASE WHEN lag(s.updated_at) OVER (PARTITION BY store_id ORDER BY s.updated_at) IS NULL THEN TIMESTAMP '0001-01-01' ELSE s.updated_at END AS since,
    coalesce(lead(s.updated_at) OVER (PARTITION BY store_id ORDER BY s.updated_at), TIMESTAMP '9999-12-31') AS until
  FROM read_csv('@root/models/data/shop/stores/*.csv') AS s;
CREATE VIEW raw.deliveries AS SELECT * EXCLUDE (filename)
  FROM read_csv('@root/models/data/logistics/deliveries/*.csv', filename = true, nullstr = '',
    types = {'courier_id': 'BIGINT', 'picked_up_at': 'TIMESTAMP', 'delivered_at': 'TIMESTAMP'})
  QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY updated_at DESC, filename DESC) = 1;
CREATE VIEW raw.couriers AS
  SELECT c.*,
    CASE WHEN lag(c.updated_at) OVER (PARTITION BY courier_id ORDER BY c.updated_at) IS NULL THEN TIMESTAMP '0001-01-01' ELSE c.updated_at END AS since,
    coalesce(lead(c.updated_at) OVER (PARTITION BY courier_id ORDER BY c.updated_at), TIMESTAMP '9999-12-31') AS until
  FROM read_parquet('@root/models/data/logistics/couriers/*.parquet') AS c;
CREATE VIEW raw.payments AS SELECT * FROM read_csv('@root/models/data/payments/payments/*.csv');
CREATE VIEW raw.coverage AS SELECT * FROM read_csv('@root/models/data/deals/promotion_products/*.csv');

-- question: revenue per category as it was at the time of order
-- star
SELECT p.category, CAST(sum(f.amount) AS BIGINT) AS amount, CAST(sum(f.quantity) AS BIGINT) AS quantity
FROM dw.order_line AS f JOIN dw.product AS p ON p.product_key = f.product_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT c.category_name, CAST(sum(s.amount) AS BIGINT), CAST(sum(s.quantity) AS BIGINT)
FROM raw.sold AS s
JOIN raw.products AS p ON p.product_id = s.product_id AND p.since <= s.ordered_at AND s.ordered_at < p.until
JOIN raw.categories AS c USING (category_id) GROUP BY 1 ORDER BY 1;

-- question: revenue per grade that the store had at the time of order
-- star
SELECT s.grade, CAST(sum(f.amount) AS BIGINT) AS amount
FROM dw.order_line AS f JOIN dw.store AS s ON s.store_key = f.store_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT t.grade, CAST(sum(s.amount) AS BIGINT) FROM raw.sold AS s
JOIN raw.stores AS t ON t.store_id = s.store_id AND t.since <= s.ordered_at AND s.ordered_at < t.until GROUP BY 1 ORDER BY 1;

-- question: orders and lines that are not cancelled
-- star
SELECT count(DISTINCT order_id) AS orders, count(*) AS lines FROM dw.order_line;
-- raw
SELECT count(DISTINCT order_id), count(*) FROM raw.sold;

-- question: lines of cancelled orders
-- star
SELECT count(*) AS lines FROM dw.order_line AS f JOIN dw.order_status AS s ON s.order_status_key = f.order_status_key WHERE s.status_code = 'cancelled';
-- raw
SELECT 0;

-- question: revenue per day in Seoul, by order and by promise
-- star
SELECT o.date AS ordered, p.date AS promised, CAST(sum(f.amount) AS BIGINT) AS amount
FROM dw.order_line AS f JOIN dw.date AS o ON o.date_key = f.order_date_key JOIN dw.date AS p ON p.date_key = f.promised_date_key
GROUP BY 1, 2 ORDER BY 1, 2;
-- raw
SELECT CAST(ordered_at AS DATE), promised_on, CAST(sum(amount) AS BIGINT) FROM raw.sold GROUP BY 1, 2 ORDER BY 1, 2;

-- question: discounts and revenue per promotion, and without one
-- star
SELECT p.promotion_id, CAST(sum(f.discount_amount) AS BIGINT) AS discount, CAST(sum(f.amount) AS BIGINT) AS amount
FROM dw.order_line AS f LEFT JOIN dw.promotion AS p ON p.promotion_key = f.promotion_key AND p.promotion_key NOT IN (-1, -2, -3, -4)
GROUP BY 1 ORDER BY 1 NULLS FIRST;
-- raw
SELECT promotion_id, CAST(sum(discount_amount) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM raw.sold GROUP BY 1 ORDER BY 1 NULLS FIRST;

-- question: members, versions and the latest brand of every product
-- star
SELECT product_id, count(*) AS versions, min(brand) AS brand, CAST(min(launch_price) AS BIGINT) AS launch_price
FROM dw.product WHERE product_key NOT IN (-1, -2, -3, -4) GROUP BY 1 ORDER BY 1;
-- raw
SELECT product_id, count(*) FILTER (WHERE changed), max_by(brand, updated_at), CAST(min_by(list_price, updated_at) AS BIGINT)
FROM (SELECT *, (category_id, list_price) IS DISTINCT FROM lag((category_id, list_price)) OVER (PARTITION BY product_id ORDER BY updated_at) AS changed
  FROM raw.products) GROUP BY 1 ORDER BY 1;

-- question: current stores by region, and how many still buy
-- star
SELECT region, count(*) AS stores, count(*) FILTER (WHERE is_open = 'Open') AS open FROM dw.store
WHERE is_current AND store_key NOT IN (-1, -2, -3, -4) GROUP BY 1 ORDER BY 1;
-- raw
SELECT region, count(*), count(*) FILTER (WHERE is_open) FROM raw.stores WHERE until = TIMESTAMP '9999-12-31' GROUP BY 1 ORDER BY 1;

-- question: the telephone number of a store is the latest on all its versions
-- star
SELECT store_id, min(phone) AS lowest, max(phone) AS highest FROM dw.store WHERE store_key NOT IN (-1, -2, -3, -4) GROUP BY 1 ORDER BY 1;
-- raw
SELECT store_id, max_by(phone, updated_at), max_by(phone, updated_at) FROM raw.stores GROUP BY 1 ORDER BY 1;

-- question: sellers who are still there
-- star
SELECT seller_id, seller_name, region FROM dw.seller WHERE is_current AND seller_key NOT IN (-1, -2, -3, -4) ORDER BY 1;
-- raw
SELECT seller_id, seller_name, region FROM read_csv('@root/models/data/catalog/sellers/2026-03-20T00.csv') ORDER BY 1;

-- question: deliveries not yet picked up, on the way and arrived
-- star
SELECT count(*) FILTER (WHERE picked_up_date_key = -4) AS waiting,
  count(*) FILTER (WHERE picked_up_date_key <> -4 AND delivered_date_key = -4) AS moving,
  count(*) FILTER (WHERE delivered_date_key <> -4) AS arrived FROM dw.delivery;
-- raw
SELECT count(*) FILTER (WHERE picked_up_at IS NULL), count(*) FILTER (WHERE picked_up_at IS NOT NULL AND delivered_at IS NULL),
  count(*) FILTER (WHERE delivered_at IS NOT NULL) FROM raw.deliveries;

-- question: deliveries that reached each milestone and wait at it, and the hours that they took, by region of the store
-- star
SELECT s.region, CAST(sum(reached_picked_up) AS BIGINT) AS picked_up, CAST(sum(waiting_at_ordered) AS BIGINT) AS waiting,
  CAST(sum(waiting_at_picked_up) AS BIGINT) AS moving, CAST(sum(reached_delivered) AS BIGINT) AS arrived,
  min(hours_to_delivered) AS least, max(hours_to_delivered) AS most, count(hours_to_picked_up) AS timed
FROM dw.delivery AS f JOIN dw.store AS s ON s.store_key = f.store_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT s.region, count(picked_up_at), count(*) FILTER (WHERE picked_up_at IS NULL AND delivered_at IS NULL),
  count(*) FILTER (WHERE picked_up_at IS NOT NULL AND delivered_at IS NULL), count(delivered_at),
  min(date_diff('second', ordered_at, delivered_at) // 3600), max(date_diff('second', ordered_at, delivered_at) // 3600),
  count(*) FILTER (WHERE picked_up_at IS NOT NULL)
FROM raw.deliveries AS d JOIN raw.orders AS o USING (order_id)
JOIN raw.stores AS s ON s.store_id = o.store_id AND s.since <= o.ordered_at AND o.ordered_at < s.until GROUP BY 1 ORDER BY 1;

-- question: deliveries per team that the courier was in at pick-up
-- star
SELECT c.team, CAST(sum(f.deliveries) AS BIGINT) AS deliveries FROM dw.delivery AS f JOIN dw.courier AS c ON c.courier_key = f.courier_key
WHERE f.courier_key <> -4 GROUP BY 1 ORDER BY 1;
-- raw
SELECT c.team, count(*) FROM raw.deliveries AS d
JOIN raw.couriers AS c ON c.courier_id = d.courier_id AND c.since <= d.picked_up_at AND d.picked_up_at < c.until GROUP BY 1 ORDER BY 1;

-- question: attempts and paid amount per method and outcome
-- star
SELECT m.method_code, f.payment_status, CAST(sum(f.attempts) AS BIGINT) AS attempts, CAST(sum(f.paid_amount) AS BIGINT) AS paid
FROM dw.payment AS f JOIN dw.payment_method AS m ON m.payment_method_key = f.payment_method_key GROUP BY 1, 2 ORDER BY 1, 2;
-- raw
SELECT method_code, status, count(*), CAST(sum(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS BIGINT)
FROM raw.payments WHERE order_id IN (SELECT order_id FROM raw.orders) GROUP BY 1, 2 ORDER BY 1, 2;

-- question: days on which a product was on a deal and did not sell on it, per deal
-- star
SELECT p.promotion_id, count(*) AS product_days FROM dw.promotion_coverage AS c
JOIN dw.promotion AS p ON p.promotion_key = c.promotion_key JOIN dw.product AS d ON d.product_key = c.product_key
WHERE NOT EXISTS (SELECT 1 FROM dw.order_line AS f JOIN dw.product AS s ON s.product_key = f.product_key
  WHERE f.promotion_key = c.promotion_key AND f.order_date_key = c.coverage_date_key AND s.product_id = d.product_id)
GROUP BY 1 ORDER BY 1;
-- raw
SELECT promotion_id, count(*) FROM raw.coverage AS c
WHERE NOT EXISTS (SELECT 1 FROM raw.sold AS s
  WHERE s.promotion_id = c.promotion_id AND s.product_id = c.product_id AND CAST(s.ordered_at AS DATE) = c.on_day)
GROUP BY 1 ORDER BY 1;

-- question: product-days on each deal
-- star
SELECT p.promotion_id, count(*) AS product_days FROM dw.promotion_coverage AS c JOIN dw.promotion AS p ON p.promotion_key = c.promotion_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT promotion_id, count(*) FROM raw.coverage GROUP BY 1 ORDER BY 1;

-- question: the rollup holds what the lines hold; what a seller sold after leaving, seen on the 20th at 9 in Seoul, is nobody's
-- star
SELECT s.seller_id, CAST(sum(f.amount) AS BIGINT) AS amount, CAST(sum(f.lines) AS BIGINT) AS lines
FROM dw.daily_sales AS f JOIN dw.seller AS s ON s.seller_key = f.seller_key GROUP BY 1 ORDER BY 1 NULLS FIRST;
-- raw
SELECT CASE WHEN s.ordered_at < TIMESTAMP '2026-03-20 09:00:00' OR l.seller_id IS NOT NULL THEN s.seller_id END,
  CAST(sum(amount) AS BIGINT), count(*)
FROM raw.sold AS s LEFT JOIN read_csv('@root/models/data/catalog/sellers/2026-03-20T00.csv') AS l USING (seller_id)
GROUP BY 1 ORDER BY 1 NULLS FIRST;
