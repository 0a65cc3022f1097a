CREATE SCHEMA raw;
CREATE TABLE raw.orders AS SELECT * EXCLUDE (filename) FROM read_csv('@root/models/data/shop/orders/*.csv', filename = true)
  QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY updated_at DESC, filename DESC) = 1;
CREATE TABLE raw.order_line AS
  SELECT i.order_id, i.line_no, o.ordered_at, o.promised_on, o.store_id, o.seller_id, o.status, i.product_id, i.promotion_id,
    i.quantity, i.unit_price, i.discount_amount, i.quantity * i.unit_price - i.discount_amount AS amount
  FROM read_csv('@root/models/data/shop/order_items/*.csv') AS i JOIN raw.orders AS o USING (order_id) WHERE o.status <> 'cancelled';
CREATE TABLE raw.daily_sales AS SELECT *, 1 AS lines FROM raw.order_line;
CREATE TABLE raw.payment AS
  SELECT p.* EXCLUDE (status), o.store_id, p.status AS payment_status, 1 AS attempts,
    CASE WHEN p.status = 'paid' THEN p.amount ELSE 0 END AS paid_amount
  FROM read_csv('@root/models/data/payments/payments/*.csv') AS p JOIN raw.orders AS o USING (order_id);
CREATE TABLE raw.delivery AS
  SELECT d.* EXCLUDE (updated_at, filename), o.store_id, o.ordered_at, 1 AS deliveries,
    CAST(o.ordered_at IS NOT NULL AS BIGINT) AS reached_ordered, CAST(d.picked_up_at IS NOT NULL AS BIGINT) AS reached_picked_up,
    CAST(d.delivered_at IS NOT NULL AS BIGINT) AS reached_delivered,
    CASE WHEN d.delivered_at IS NOT NULL OR d.picked_up_at IS NOT NULL THEN 0 ELSE 1 END AS waiting_at_ordered,
    CASE WHEN d.delivered_at IS NOT NULL OR d.picked_up_at IS NULL THEN 0 ELSE 1 END AS waiting_at_picked_up,
    date_diff('second', o.ordered_at, d.picked_up_at) // 3600 AS hours_to_picked_up,
    date_diff('second', o.ordered_at, d.delivered_at) // 3600 AS hours_to_delivered
  FROM (SELECT * FROM read_csv('@root/models/data/logistics/deliveries/*.csv', filename = true, nullstr = '',
      types = {'courier_id': 'BIGINT', 'picked_up_at': 'TIMESTAMP', 'delivered_at': 'TIMESTAMP'})
    QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY updated_at DESC, filename DESC) = 1) AS d
  JOIN raw.orders AS o USING (order_id);
CREATE TABLE raw.promotion_coverage AS
  SELECT * EXCLUDE (updated_at) FROM read_csv('@root/models/data/deals/promotion_products/*.csv');

CREATE MACRO raw.since(earlier, moment) AS CASE WHEN earlier IS NULL THEN TIMESTAMP '0001-01-01' ELSE moment END;
CREATE TABLE raw.product AS
  SELECT p.product_id, last_value(p.product_name) OVER product_whole AS product_name, c.department_name AS department,
    c.category_name AS category, last_value(p.brand) OVER product_whole AS brand, p.list_price,
    first_value(p.list_price) OVER product_whole AS launch_price,
    raw.since(lag(p.updated_at) OVER product_ordered, p.updated_at) AS since,
    coalesce(lead(p.updated_at) OVER product_ordered, TIMESTAMP '9999-12-31') AS until
  FROM read_csv('@root/models/data/catalog/products/*.csv', filename = true) AS p
  JOIN read_csv('@root/models/data/catalog/categories/*.csv') AS c USING (category_id)
  WINDOW product_ordered AS (PARTITION BY p.product_id ORDER BY p.updated_at, p.filename),
    product_whole AS (PARTITION BY p.product_id ORDER BY p.updated_at, p.filename ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
CREATE TABLE raw.store AS
  SELECT s.store_id, s.store_name, s.grade, s.region, CASE WHEN s.is_open THEN 'Open' WHEN NOT s.is_open THEN 'Closed' END AS is_open, last_value(s.business_type) OVER store_whole AS business_type,
    last_value(s.phone) OVER store_whole AS phone, raw.since(lag(s.updated_at) OVER store_ordered, s.updated_at) AS since,
    coalesce(lead(s.updated_at) OVER store_ordered, TIMESTAMP '9999-12-31') AS until
  FROM read_csv('@root/models/data/shop/stores/*.csv', filename = true) AS s
  WINDOW store_ordered AS (PARTITION BY s.store_id ORDER BY s.updated_at, s.filename),
    store_whole AS (PARTITION BY s.store_id ORDER BY s.updated_at, s.filename ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
CREATE TABLE raw.courier AS
  SELECT c.courier_id, last_value(c.courier_name) OVER courier_whole AS courier_name, c.team, c.vehicle,
    raw.since(lag(c.updated_at) OVER courier_ordered, c.updated_at) AS since,
    coalesce(lead(c.updated_at) OVER courier_ordered, TIMESTAMP '9999-12-31') AS until
  FROM read_parquet('@root/models/data/logistics/couriers/*.parquet', filename = true) AS c
  WINDOW courier_ordered AS (PARTITION BY c.courier_id ORDER BY c.updated_at, c.filename),
    courier_whole AS (PARTITION BY c.courier_id ORDER BY c.updated_at, c.filename ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
-- A file of sellers is the whole table at its time in UTC, nine hours behind Seoul; who is missing has left.
CREATE TABLE raw.batches AS
  SELECT moment, lag(moment) OVER (ORDER BY moment) AS earlier, coalesce(lead(moment) OVER (ORDER BY moment), TIMESTAMP '9999-12-31') AS until
  FROM (SELECT DISTINCT strptime(regexp_extract(filename, '[0-9-]+T[0-9]+'), '%Y-%m-%dT%H') + INTERVAL 9 HOUR AS moment
    FROM read_csv('@root/models/data/catalog/sellers/*.csv', filename = true));
CREATE TABLE raw.seller AS
  SELECT s.seller_id, last_value(s.seller_name) OVER seller_whole AS seller_name, s.region, raw.since(b.earlier, b.moment) AS since, b.until
  FROM read_csv('@root/models/data/catalog/sellers/*.csv', filename = true) AS s
  JOIN raw.batches AS b ON b.moment = strptime(regexp_extract(s.filename, '[0-9-]+T[0-9]+'), '%Y-%m-%dT%H') + INTERVAL 9 HOUR
  WINDOW seller_whole AS (PARTITION BY s.seller_id ORDER BY b.moment ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
CREATE TABLE raw.order_status AS
  SELECT status_code, status_name, CASE WHEN is_final THEN 'Final' WHEN NOT is_final THEN 'Open' END AS is_final, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until
  FROM read_csv('@root/models/data/shop/order_statuses/*.csv', filename = true)
  QUALIFY row_number() OVER (PARTITION BY status_code ORDER BY updated_at DESC, filename DESC) = 1;
CREATE TABLE raw.payment_method AS
  SELECT method_code, method_name, provider, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until
  FROM read_csv('@root/models/data/payments/methods/*.csv', filename = true)
  QUALIFY row_number() OVER (PARTITION BY method_code ORDER BY updated_at DESC, filename DESC) = 1;
CREATE TABLE raw.promotion AS
  SELECT promotion_id, promotion_name, kind, discount_rate, starts_on, ends_on, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until
  FROM (SELECT * REPLACE (first_value(starts_on) OVER (PARTITION BY promotion_id ORDER BY updated_at, filename) AS starts_on)
    FROM read_json('@root/models/data/deals/promotions/*.json', filename = true))
  QUALIFY row_number() OVER (PARTITION BY promotion_id ORDER BY updated_at DESC, filename DESC) = 1;
