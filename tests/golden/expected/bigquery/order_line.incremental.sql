-- order_line: the keys that the changes since the last load can affect
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT * FROM (
SELECT DISTINCT i.order_id AS `order_id`, i.line_no AS `line_no` FROM (SELECT `order_id`, `line_no`, `product_id`, `promotion_id`, `quantity`, `unit_price`, `discount_amount`, `updated_at` FROM `dw_landing`.`shop__order_items__changes` WHERE _batch > dwc_since) AS i JOIN (SELECT `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at` FROM `dw_landing`.`shop__orders` AS _r UNION ALL SELECT `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at` FROM `dw_landing`.`shop__orders__changes` WHERE _batch > dwc_since) AS o ON o.order_id = i.order_id WHERE o.status <> 'cancelled'
  UNION ALL
SELECT DISTINCT i.order_id AS `order_id`, i.line_no AS `line_no` FROM (SELECT `order_id`, `line_no`, `product_id`, `promotion_id`, `quantity`, `unit_price`, `discount_amount`, `updated_at` FROM `dw_landing`.`shop__order_items` AS _r UNION ALL SELECT `order_id`, `line_no`, `product_id`, `promotion_id`, `quantity`, `unit_price`, `discount_amount`, `updated_at` FROM `dw_landing`.`shop__order_items__changes` WHERE _batch > dwc_since) AS i JOIN (SELECT `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at` FROM `dw_landing`.`shop__orders__changes` WHERE _batch > dwc_since) AS o ON o.order_id = i.order_id WHERE o.status <> 'cancelled'
) AS keys;

-- order_line: the rows that were touched, as they are now
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT _i.*
FROM (
SELECT `order_id` AS `order_id`, `line_no` AS `line_no`, `ordered_at` AS `ordered_at`, COALESCE(SAFE.TIMESTAMP(`ordered_at`, 'Asia/Seoul'), CASE EXTRACT(YEAR FROM `ordered_at`) WHEN 1 THEN TIMESTAMP '0001-01-01 00:00:00+00' WHEN 9999 THEN TIMESTAMP '9999-12-31 23:59:59.999999+00' END) AS `ordered_at_utc`, (`quantity`) AS `quantity`, (quantity * unit_price - discount_amount) AS `amount`, (`discount_amount`) AS `discount_amount`, (`unit_price`) AS `unit_price`, CASE WHEN DATE(`ordered_at`) IS NULL THEN -1 ELSE IF(DATE(`ordered_at`) BETWEEN DATE '2026-01-01' AND DATE '2026-12-31', 1, -1) * (EXTRACT(YEAR FROM DATE(`ordered_at`)) * 10000 + EXTRACT(MONTH FROM DATE(`ordered_at`)) * 100 + EXTRACT(DAY FROM DATE(`ordered_at`))) END AS `_order_date_1`, CASE WHEN `ordered_at` IS NULL THEN -1 ELSE EXTRACT(HOUR FROM `ordered_at`) * 100 + EXTRACT(MINUTE FROM `ordered_at`) END AS `_order_time_1`, CASE WHEN `promised_on` IS NULL THEN -1 ELSE IF(`promised_on` BETWEEN DATE '2026-01-01' AND DATE '2026-12-31', 1, -1) * (EXTRACT(YEAR FROM `promised_on`) * 10000 + EXTRACT(MONTH FROM `promised_on`) * 100 + EXTRACT(DAY FROM `promised_on`)) END AS `_promised_date_1`, `product_id` AS `_product_1`, `store_id` AS `_store_1`, `seller_id` AS `_seller_1`, `promotion_id` AS `_promotion_1`, `status` AS `_order_status_1` FROM (SELECT i.order_id, i.line_no, o.ordered_at, o.promised_on, o.store_id, o.seller_id, o.status, i.product_id, i.promotion_id, i.quantity, i.unit_price, i.discount_amount FROM (SELECT _r.`order_id`, _r.`line_no`, _r.`product_id`, _r.`promotion_id`, _r.`quantity`, _r.`unit_price`, _r.`discount_amount`, _r.`updated_at` FROM `dw_landing`.`shop__order_items` AS _r JOIN (SELECT DISTINCT `line_no`, `order_id` FROM touched) AS _k ON _k.`order_id` = _r.`order_id` AND _k.`line_no` = _r.`line_no`) AS i JOIN (SELECT _r.`order_id`, _r.`store_id`, _r.`seller_id`, _r.`ordered_at`, _r.`promised_on`, _r.`status`, _r.`updated_at` FROM `dw_landing`.`shop__orders` AS _r JOIN (SELECT DISTINCT `order_id` FROM touched) AS _k ON _k.`order_id` = _r.`order_id`) AS o ON o.order_id = i.order_id WHERE o.status <> 'cancelled') AS _q
) AS _i
JOIN touched AS _t ON _t.`order_id` IS NOT DISTINCT FROM _i.`order_id` AND _t.`line_no` IS NOT DISTINCT FROM _i.`line_no`;

-- a row here holds the load back: the grain key of fact `order_line` is NULL
SELECT CONCAT('order_id=', COALESCE(CAST(_i.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_i.`line_no` AS STRING), 'NULL')) AS key_text FROM incoming AS _i WHERE _i.`order_id` IS NULL OR _i.`line_no` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: fact `order_line` has several rows of one grain key
SELECT CONCAT('order_id=', COALESCE(CAST(_i.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_i.`line_no` AS STRING), 'NULL')) AS key_text FROM incoming AS _i GROUP BY _i.`order_id`, _i.`line_no` HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20;

SELECT CONCAT('ordered_at=', SUBSTR(LPAD(CAST(-_i.`_order_date_1` AS STRING), 8, '0'), 1, 4), '-', SUBSTR(LPAD(CAST(-_i.`_order_date_1` AS STRING), 8, '0'), 5, 2), '-', SUBSTR(LPAD(CAST(-_i.`_order_date_1` AS STRING), 8, '0'), 7, 2), ', rows: ', CAST(COUNT(*) AS STRING)) AS key_text FROM incoming AS _i WHERE _i.`_order_date_1` < -9999 GROUP BY _i.`_order_date_1` ORDER BY _i.`_order_date_1` LIMIT 20;

SELECT CONCAT('promised_on=', SUBSTR(LPAD(CAST(-_i.`_promised_date_1` AS STRING), 8, '0'), 1, 4), '-', SUBSTR(LPAD(CAST(-_i.`_promised_date_1` AS STRING), 8, '0'), 5, 2), '-', SUBSTR(LPAD(CAST(-_i.`_promised_date_1` AS STRING), 8, '0'), 7, 2), ', rows: ', CAST(COUNT(*) AS STRING)) AS key_text FROM incoming AS _i WHERE _i.`_promised_date_1` < -9999 GROUP BY _i.`_promised_date_1` ORDER BY _i.`_promised_date_1` LIMIT 20;

-- order_line: a key of the role `product` without a member gets one, to be filled in place when the member arrives
INSERT INTO `dw`.`product` (`product_key`, `product_durable_key`, `product_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_product_1` AS STRING)) AS STRING), ':', CAST(_i.`_product_1` AS STRING)))), 1, 15)) AS INT64), CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_product_1` AS STRING)) AS STRING), ':', CAST(_i.`_product_1` AS STRING)))), 1, 15)) AS INT64), _i.`_product_1`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM incoming AS _i
WHERE _i.`_product_1` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `dw`.`product` AS _d WHERE _d.`product_id` = _i.`_product_1`);

-- order_line: a key of the role `store` without a member gets one, to be filled in place when the member arrives
INSERT INTO `dw`.`store` (`store_key`, `store_durable_key`, `store_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_store_1` AS STRING)) AS STRING), ':', CAST(_i.`_store_1` AS STRING)))), 1, 15)) AS INT64), CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_store_1` AS STRING)) AS STRING), ':', CAST(_i.`_store_1` AS STRING)))), 1, 15)) AS INT64), _i.`_store_1`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM incoming AS _i
WHERE _i.`_store_1` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `dw`.`store` AS _d WHERE _d.`store_id` = _i.`_store_1`);

-- order_line: a key of the role `seller` without a member gets one, to be filled in place when the member arrives
INSERT INTO `dw`.`seller` (`seller_key`, `seller_durable_key`, `seller_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_seller_1` AS STRING)) AS STRING), ':', CAST(_i.`_seller_1` AS STRING)))), 1, 15)) AS INT64), CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_seller_1` AS STRING)) AS STRING), ':', CAST(_i.`_seller_1` AS STRING)))), 1, 15)) AS INT64), _i.`_seller_1`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM incoming AS _i
WHERE _i.`_seller_1` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `dw`.`seller` AS _d WHERE _d.`seller_id` = _i.`_seller_1`);

-- order_line: a key of the role `promotion` without a member gets one, to be filled in place when the member arrives
INSERT INTO `dw`.`promotion` (`promotion_key`, `promotion_durable_key`, `promotion_id`, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_promotion_1` AS STRING)) AS STRING), ':', CAST(_i.`_promotion_1` AS STRING)))), 1, 15)) AS INT64), CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_promotion_1` AS STRING)) AS STRING), ':', CAST(_i.`_promotion_1` AS STRING)))), 1, 15)) AS INT64), _i.`_promotion_1`, FALSE, TRUE, dwc_batch
FROM incoming AS _i
WHERE _i.`_promotion_1` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `dw`.`promotion` AS _d WHERE _d.`promotion_id` = _i.`_promotion_1`);

-- order_line: a key of the role `order_status` without a member gets one, to be filled in place when the member arrives
INSERT INTO `dw`.`order_status` (`order_status_key`, `order_status_durable_key`, `status_code`, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('s', CAST(BYTE_LENGTH(_i.`_order_status_1`) AS STRING), ':', _i.`_order_status_1`))), 1, 15)) AS INT64), CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('s', CAST(BYTE_LENGTH(_i.`_order_status_1`) AS STRING), ':', _i.`_order_status_1`))), 1, 15)) AS INT64), _i.`_order_status_1`, FALSE, TRUE, dwc_batch
FROM incoming AS _i
WHERE _i.`_order_status_1` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `dw`.`order_status` AS _d WHERE _d.`status_code` = _i.`_order_status_1`);

-- order_line: every role is bound to the version of its instant; a key is never NULL
CREATE OR REPLACE TEMP TABLE bound AS
SELECT
  _i.`order_id`, _i.`line_no`, _i.`ordered_at`, _i.`ordered_at_utc`, _i.`quantity`, _i.`amount`, _i.`discount_amount`, _i.`unit_price`,
  CASE WHEN _i.`_order_date_1` < -9999 THEN -1 ELSE _i.`_order_date_1` END AS `order_date_key`,
  _i.`_order_time_1` AS `order_time_key`,
  CASE WHEN _i.`_promised_date_1` < -9999 THEN -1 ELSE _i.`_promised_date_1` END AS `promised_date_key`,
  CASE WHEN _i.`_product_1` IS NULL THEN -1 WHEN _i.`ordered_at_utc` IS NULL THEN -4 ELSE COALESCE(`_product`.`product_key`, -1) END AS `product_key`,
  CASE WHEN _i.`_product_1` IS NULL THEN -1 ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_product_1` AS STRING)) AS STRING), ':', CAST(_i.`_product_1` AS STRING)))), 1, 15)) AS INT64) END AS `product_durable_key`,
  CASE WHEN _i.`_store_1` IS NULL THEN -1 WHEN _i.`ordered_at_utc` IS NULL THEN -4 ELSE COALESCE(`_store`.`store_key`, -1) END AS `store_key`,
  CASE WHEN _i.`_store_1` IS NULL THEN -1 ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_store_1` AS STRING)) AS STRING), ':', CAST(_i.`_store_1` AS STRING)))), 1, 15)) AS INT64) END AS `store_durable_key`,
  CASE WHEN _i.`_seller_1` IS NULL THEN -1 WHEN _i.`ordered_at_utc` IS NULL THEN -4 ELSE COALESCE(`_seller`.`seller_key`, -1) END AS `seller_key`,
  CASE WHEN _i.`_seller_1` IS NULL THEN -1 ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_seller_1` AS STRING)) AS STRING), ':', CAST(_i.`_seller_1` AS STRING)))), 1, 15)) AS INT64) END AS `seller_durable_key`,
  CASE WHEN _i.`_promotion_1` IS NULL THEN -2 ELSE COALESCE(`_promotion`.`promotion_key`, -1) END AS `promotion_key`,
  CASE WHEN _i.`_promotion_1` IS NULL THEN -2 ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(_i.`_promotion_1` AS STRING)) AS STRING), ':', CAST(_i.`_promotion_1` AS STRING)))), 1, 15)) AS INT64) END AS `promotion_durable_key`,
  CASE WHEN _i.`_order_status_1` IS NULL THEN -1 ELSE COALESCE(`_order_status`.`order_status_key`, -1) END AS `order_status_key`,
  CASE WHEN _i.`_order_status_1` IS NULL THEN -1 ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('s', CAST(BYTE_LENGTH(_i.`_order_status_1`) AS STRING), ':', _i.`_order_status_1`))), 1, 15)) AS INT64) END AS `order_status_durable_key`
FROM incoming AS _i
LEFT JOIN `dw`.`product` AS `_product`
  ON `_product`.`product_id` = _i.`_product_1`
    AND _i.`ordered_at_utc` >= `_product`.valid_from AND LEAST(_i.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < `_product`.valid_to
LEFT JOIN `dw`.`store` AS `_store`
  ON `_store`.`store_id` = _i.`_store_1`
    AND _i.`ordered_at_utc` >= `_store`.valid_from AND LEAST(_i.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < `_store`.valid_to
LEFT JOIN `dw`.`seller` AS `_seller`
  ON `_seller`.`seller_id` = _i.`_seller_1`
    AND _i.`ordered_at_utc` >= `_seller`.valid_from AND LEAST(_i.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < `_seller`.valid_to
LEFT JOIN `dw`.`promotion` AS `_promotion`
  ON `_promotion`.`promotion_id` = _i.`_promotion_1`
LEFT JOIN `dw`.`order_status` AS `_order_status`
  ON `_order_status`.`status_code` = _i.`_order_status_1`;

-- order_line: rows of touched keys that the query no longer gives
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT _f.`order_id`, _f.`line_no`
FROM `dw`.`order_line` AS _f
JOIN touched AS _t ON _t.`order_id` = _f.`order_id` AND _t.`line_no` = _f.`line_no`
WHERE NOT EXISTS (SELECT 1 FROM bound AS _b WHERE _b.`order_id` = _f.`order_id` AND _b.`line_no` = _f.`line_no`);

SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f WHERE _f.`product_key` = -1 AND _f.`product_durable_key` >= 0 AND EXISTS (SELECT 1 FROM `dw`.`product` AS _d WHERE _d.`product_durable_key` = _f.`product_durable_key`) ORDER BY key_text LIMIT 20;

SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f WHERE _f.`store_key` = -1 AND _f.`store_durable_key` >= 0 AND EXISTS (SELECT 1 FROM `dw`.`store` AS _d WHERE _d.`store_durable_key` = _f.`store_durable_key`) ORDER BY key_text LIMIT 20;

SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f WHERE _f.`seller_key` = -1 AND _f.`seller_durable_key` >= 0 AND EXISTS (SELECT 1 FROM `dw`.`seller` AS _d WHERE _d.`seller_durable_key` = _f.`seller_durable_key`) ORDER BY key_text LIMIT 20;

SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  COUNTIF(_f.loaded_batch IS NULL) AS inserted,
  COUNTIF(_f.loaded_batch IS NOT NULL AND (_f.`ordered_at` IS DISTINCT FROM _b.`ordered_at` OR _f.`ordered_at_utc` IS DISTINCT FROM _b.`ordered_at_utc` OR _f.`quantity` IS DISTINCT FROM _b.`quantity` OR _f.`amount` IS DISTINCT FROM _b.`amount` OR _f.`discount_amount` IS DISTINCT FROM _b.`discount_amount` OR _f.`unit_price` IS DISTINCT FROM _b.`unit_price` OR _f.`order_date_key` IS DISTINCT FROM _b.`order_date_key` OR _f.`order_time_key` IS DISTINCT FROM _b.`order_time_key` OR _f.`promised_date_key` IS DISTINCT FROM _b.`promised_date_key` OR _f.`product_key` IS DISTINCT FROM _b.`product_key` OR _f.`product_durable_key` IS DISTINCT FROM _b.`product_durable_key` OR _f.`store_key` IS DISTINCT FROM _b.`store_key` OR _f.`store_durable_key` IS DISTINCT FROM _b.`store_durable_key` OR _f.`seller_key` IS DISTINCT FROM _b.`seller_key` OR _f.`seller_durable_key` IS DISTINCT FROM _b.`seller_durable_key` OR _f.`promotion_key` IS DISTINCT FROM _b.`promotion_key` OR _f.`promotion_durable_key` IS DISTINCT FROM _b.`promotion_durable_key` OR _f.`order_status_key` IS DISTINCT FROM _b.`order_status_key` OR _f.`order_status_durable_key` IS DISTINCT FROM _b.`order_status_durable_key`)) AS updated,
  (SELECT COUNT(*) FROM vanished) AS deleted,
  COUNTIF(_f.loaded_batch IS NOT NULL AND NOT (_f.`ordered_at` IS DISTINCT FROM _b.`ordered_at` OR _f.`ordered_at_utc` IS DISTINCT FROM _b.`ordered_at_utc` OR _f.`quantity` IS DISTINCT FROM _b.`quantity` OR _f.`amount` IS DISTINCT FROM _b.`amount` OR _f.`discount_amount` IS DISTINCT FROM _b.`discount_amount` OR _f.`unit_price` IS DISTINCT FROM _b.`unit_price` OR _f.`order_date_key` IS DISTINCT FROM _b.`order_date_key` OR _f.`order_time_key` IS DISTINCT FROM _b.`order_time_key` OR _f.`promised_date_key` IS DISTINCT FROM _b.`promised_date_key` OR _f.`product_key` IS DISTINCT FROM _b.`product_key` OR _f.`product_durable_key` IS DISTINCT FROM _b.`product_durable_key` OR _f.`store_key` IS DISTINCT FROM _b.`store_key` OR _f.`store_durable_key` IS DISTINCT FROM _b.`store_durable_key` OR _f.`seller_key` IS DISTINCT FROM _b.`seller_key` OR _f.`seller_durable_key` IS DISTINCT FROM _b.`seller_durable_key` OR _f.`promotion_key` IS DISTINCT FROM _b.`promotion_key` OR _f.`promotion_durable_key` IS DISTINCT FROM _b.`promotion_durable_key` OR _f.`order_status_key` IS DISTINCT FROM _b.`order_status_key` OR _f.`order_status_durable_key` IS DISTINCT FROM _b.`order_status_durable_key`)) AS unchanged
FROM bound AS _b
LEFT JOIN `dw`.`order_line` AS _f ON _f.`order_id` = _b.`order_id` AND _f.`line_no` = _b.`line_no`;

DELETE FROM `dw`.`order_line` AS _f
WHERE EXISTS (SELECT 1 FROM vanished AS _v WHERE _v.`order_id` = _f.`order_id` AND _v.`line_no` = _f.`line_no`);

MERGE INTO `dw`.`order_line` AS _t
USING bound AS _s
ON _t.`order_id` = _s.`order_id` AND _t.`line_no` = _s.`line_no`

WHEN MATCHED AND (_t.`ordered_at` IS DISTINCT FROM _s.`ordered_at` OR _t.`ordered_at_utc` IS DISTINCT FROM _s.`ordered_at_utc` OR _t.`quantity` IS DISTINCT FROM _s.`quantity` OR _t.`amount` IS DISTINCT FROM _s.`amount` OR _t.`discount_amount` IS DISTINCT FROM _s.`discount_amount` OR _t.`unit_price` IS DISTINCT FROM _s.`unit_price` OR _t.`order_date_key` IS DISTINCT FROM _s.`order_date_key` OR _t.`order_time_key` IS DISTINCT FROM _s.`order_time_key` OR _t.`promised_date_key` IS DISTINCT FROM _s.`promised_date_key` OR _t.`product_key` IS DISTINCT FROM _s.`product_key` OR _t.`product_durable_key` IS DISTINCT FROM _s.`product_durable_key` OR _t.`store_key` IS DISTINCT FROM _s.`store_key` OR _t.`store_durable_key` IS DISTINCT FROM _s.`store_durable_key` OR _t.`seller_key` IS DISTINCT FROM _s.`seller_key` OR _t.`seller_durable_key` IS DISTINCT FROM _s.`seller_durable_key` OR _t.`promotion_key` IS DISTINCT FROM _s.`promotion_key` OR _t.`promotion_durable_key` IS DISTINCT FROM _s.`promotion_durable_key` OR _t.`order_status_key` IS DISTINCT FROM _s.`order_status_key` OR _t.`order_status_durable_key` IS DISTINCT FROM _s.`order_status_durable_key`) THEN
  UPDATE SET `ordered_at` = _s.`ordered_at`, `ordered_at_utc` = _s.`ordered_at_utc`, `quantity` = _s.`quantity`, `amount` = _s.`amount`, `discount_amount` = _s.`discount_amount`, `unit_price` = _s.`unit_price`, `order_date_key` = _s.`order_date_key`, `order_time_key` = _s.`order_time_key`, `promised_date_key` = _s.`promised_date_key`, `product_key` = _s.`product_key`, `product_durable_key` = _s.`product_durable_key`, `store_key` = _s.`store_key`, `store_durable_key` = _s.`store_durable_key`, `seller_key` = _s.`seller_key`, `seller_durable_key` = _s.`seller_durable_key`, `promotion_key` = _s.`promotion_key`, `promotion_durable_key` = _s.`promotion_durable_key`, `order_status_key` = _s.`order_status_key`, `order_status_durable_key` = _s.`order_status_durable_key`, loaded_batch = dwc_batch
WHEN NOT MATCHED THEN
  INSERT (`order_id`, `line_no`, `ordered_at`, `ordered_at_utc`, `quantity`, `amount`, `discount_amount`, `unit_price`, `order_date_key`, `order_time_key`, `promised_date_key`, `product_key`, `product_durable_key`, `store_key`, `store_durable_key`, `seller_key`, `seller_durable_key`, `promotion_key`, `promotion_durable_key`, `order_status_key`, `order_status_durable_key`, loaded_batch)
  VALUES (_s.`order_id`, _s.`line_no`, _s.`ordered_at`, _s.`ordered_at_utc`, _s.`quantity`, _s.`amount`, _s.`discount_amount`, _s.`unit_price`, _s.`order_date_key`, _s.`order_time_key`, _s.`promised_date_key`, _s.`product_key`, _s.`product_durable_key`, _s.`store_key`, _s.`store_durable_key`, _s.`seller_key`, _s.`seller_durable_key`, _s.`promotion_key`, _s.`promotion_durable_key`, _s.`order_status_key`, _s.`order_status_durable_key`, dwc_batch);

-- a row here holds the load back: fact `order_line` has several rows of one grain key
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f GROUP BY _f.`order_id`, _f.`line_no` HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `order_date` of fact `order_line` points to no member of dimension `date`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`date` AS _d ON _d.`date_key` = _f.`order_date_key` WHERE _d.`date_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `order_time` of fact `order_line` points to no member of dimension `time_of_day`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`time_of_day` AS _d ON _d.`time_of_day_key` = _f.`order_time_key` WHERE _d.`time_of_day_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `promised_date` of fact `order_line` points to no member of dimension `date`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`date` AS _d ON _d.`date_key` = _f.`promised_date_key` WHERE _d.`date_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `product` of fact `order_line` points to no member of dimension `product`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`product` AS _d ON _d.`product_key` = _f.`product_key` WHERE _d.`product_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: rows of fact `order_line` lie outside the version that role `product` binds them to
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`product` AS _d ON _d.`product_durable_key` = _f.`product_durable_key` AND _d.`product_key` = _f.`product_key` AND _f.`ordered_at_utc` >= _d.valid_from AND LEAST(_f.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < _d.valid_to WHERE _f.`product_key` >= 0 AND _d.`product_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `store` of fact `order_line` points to no member of dimension `store`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`store` AS _d ON _d.`store_key` = _f.`store_key` WHERE _d.`store_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: rows of fact `order_line` lie outside the version that role `store` binds them to
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`store` AS _d ON _d.`store_durable_key` = _f.`store_durable_key` AND _d.`store_key` = _f.`store_key` AND _f.`ordered_at_utc` >= _d.valid_from AND LEAST(_f.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < _d.valid_to WHERE _f.`store_key` >= 0 AND _d.`store_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `seller` of fact `order_line` points to no member of dimension `seller`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`seller` AS _d ON _d.`seller_key` = _f.`seller_key` WHERE _d.`seller_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: rows of fact `order_line` lie outside the version that role `seller` binds them to
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`seller` AS _d ON _d.`seller_durable_key` = _f.`seller_durable_key` AND _d.`seller_key` = _f.`seller_key` AND _f.`ordered_at_utc` >= _d.valid_from AND LEAST(_f.`ordered_at_utc`, TIMESTAMP '9999-12-30 23:59:59.999999+00') < _d.valid_to WHERE _f.`seller_key` >= 0 AND _d.`seller_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `promotion` of fact `order_line` points to no member of dimension `promotion`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`promotion` AS _d ON _d.`promotion_key` = _f.`promotion_key` WHERE _d.`promotion_key` IS NULL ORDER BY key_text LIMIT 20;

-- a row here holds the load back: role `order_status` of fact `order_line` points to no member of dimension `order_status`
SELECT CONCAT('order_id=', COALESCE(CAST(_f.`order_id` AS STRING), 'NULL'), ', line_no=', COALESCE(CAST(_f.`line_no` AS STRING), 'NULL')) AS key_text FROM bound AS _f LEFT JOIN `dw`.`order_status` AS _d ON _d.`order_status_key` = _f.`order_status_key` WHERE _d.`order_status_key` IS NULL ORDER BY key_text LIMIT 20;

