-- order_line: the keys that the changes since the last load can affect
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT * FROM (
SELECT DISTINCT "i"."order_id", "i"."line_no"
FROM (SELECT "order_id", "line_no", "product_id", "promotion_id", "quantity", "unit_price", "discount_amount", "updated_at" FROM "dw_landing"."shop__order_items__changes" WHERE _batch > getvariable('dwc_since')) AS "i"
JOIN (SELECT "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at" FROM "dw_landing"."shop__orders" AS r UNION ALL SELECT "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at" FROM "dw_landing"."shop__orders__changes" WHERE _batch > getvariable('dwc_since')) AS "o" ON "o"."order_id" = "i"."order_id"
WHERE "o"."status" <> 'cancelled'
  UNION ALL
SELECT DISTINCT "i"."order_id", "i"."line_no"
FROM (SELECT "order_id", "line_no", "product_id", "promotion_id", "quantity", "unit_price", "discount_amount", "updated_at" FROM "dw_landing"."shop__order_items" AS r UNION ALL SELECT "order_id", "line_no", "product_id", "promotion_id", "quantity", "unit_price", "discount_amount", "updated_at" FROM "dw_landing"."shop__order_items__changes" WHERE _batch > getvariable('dwc_since')) AS "i"
JOIN (SELECT "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at" FROM "dw_landing"."shop__orders__changes" WHERE _batch > getvariable('dwc_since')) AS "o" ON "o"."order_id" = "i"."order_id"
WHERE "o"."status" <> 'cancelled'
) AS keys;

-- order_line: the rows that were touched, as they are now
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT i.*
FROM (
SELECT 
  "q"."order_id",
  "q"."line_no",
  "q"."ordered_at",
  dwc_from_zone(CAST("q"."ordered_at" AS TIMESTAMP), 'Asia/Seoul') AS "ordered_at_utc",
  "q"."quantity",
  CAST(dwc_numeric_multiply(CAST("q"."quantity" AS DECIMAL(38,9)), "q"."unit_price") - "q"."discount_amount" AS DECIMAL(38,9)) AS "amount",
  "q"."discount_amount",
  "q"."unit_price",
  CASE WHEN CAST("q"."ordered_at" AS DATE) IS NULL THEN CAST(-1 AS BIGINT) WHEN CAST("q"."ordered_at" AS DATE) BETWEEN DATE '2026-01-01' AND DATE '2026-12-31' THEN (((date_part('year', CAST("q"."ordered_at" AS DATE))) * 10000) + ((date_part('month', CAST("q"."ordered_at" AS DATE))) * 100)) + (date_part('day', CAST("q"."ordered_at" AS DATE))) ELSE CAST(-1 AS BIGINT) END AS "_order_date_1",
  CASE WHEN "q"."ordered_at" IS NULL THEN CAST(-1 AS BIGINT) ELSE ((date_part('hour', "q"."ordered_at")) * 100) + (date_part('minute', "q"."ordered_at")) END AS "_order_time_1",
  CASE WHEN "q"."promised_on" IS NULL THEN CAST(-1 AS BIGINT) WHEN "q"."promised_on" BETWEEN DATE '2026-01-01' AND DATE '2026-12-31' THEN (((date_part('year', "q"."promised_on")) * 10000) + ((date_part('month', "q"."promised_on")) * 100)) + (date_part('day', "q"."promised_on")) ELSE CAST(-1 AS BIGINT) END AS "_promised_date_1",
  "q"."product_id" AS "_product_1",
  "q"."store_id" AS "_store_1",
  "q"."seller_id" AS "_seller_1",
  "q"."promotion_id" AS "_promotion_1",
  "q"."status" AS "_order_status_1"
FROM (
  SELECT 
    "i"."order_id",
    "i"."line_no",
    "o"."ordered_at",
    "o"."promised_on",
    "o"."store_id",
    "o"."seller_id",
    "o"."status",
    "i"."product_id",
    "i"."promotion_id",
    "i"."quantity",
    "i"."unit_price",
    "i"."discount_amount"
  FROM (SELECT "order_id", "line_no", "product_id", "promotion_id", "quantity", "unit_price", "discount_amount", "updated_at" FROM "dw_landing"."shop__order_items" AS r WHERE EXISTS (SELECT 1 FROM touched AS k WHERE k."order_id" = r."order_id" AND k."line_no" = r."line_no")) AS "i"
  JOIN (SELECT "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at" FROM "dw_landing"."shop__orders" AS r WHERE EXISTS (SELECT 1 FROM touched AS k WHERE k."order_id" = r."order_id")) AS "o" ON "o"."order_id" = "i"."order_id"
  WHERE "o"."status" <> 'cancelled'
) AS "q"
) AS i
JOIN touched AS t ON t."order_id" IS NOT DISTINCT FROM i."order_id" AND t."line_no" IS NOT DISTINCT FROM i."line_no";

-- a row here holds the load back: the grain key of fact `order_line` is NULL
SELECT 'order_id=' || COALESCE(CAST(i."order_id" AS VARCHAR), 'NULL') || ', line_no=' || COALESCE(CAST(i."line_no" AS VARCHAR), 'NULL') AS key_text FROM incoming AS i WHERE i."order_id" IS NULL OR i."line_no" IS NULL LIMIT 20;

-- a row here holds the load back: fact `order_line` has several rows of one grain key
SELECT 'order_id=' || COALESCE(CAST(i."order_id" AS VARCHAR), 'NULL') || ', line_no=' || COALESCE(CAST(i."line_no" AS VARCHAR), 'NULL') AS key_text FROM incoming AS i GROUP BY i."order_id", i."line_no" HAVING COUNT(*) > 1 LIMIT 20;

-- order_line: a key of the role `product` without a member gets one, to be filled in place when the member arrives
INSERT INTO "dw"."product" ("product_key", "product_durable_key", "product_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST('0x' || substr(md5('i' || strlen(CAST(i."_product_1" AS VARCHAR)) || ':' || CAST(i."_product_1" AS VARCHAR)), 1, 15) AS BIGINT), CAST('0x' || substr(md5('i' || strlen(CAST(i."_product_1" AS VARCHAR)) || ':' || CAST(i."_product_1" AS VARCHAR)), 1, 15) AS BIGINT), i."_product_1", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM incoming AS i
WHERE i."_product_1" IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM "dw"."product" AS d WHERE d."product_id" = i."_product_1");

-- order_line: a key of the role `store` without a member gets one, to be filled in place when the member arrives
INSERT INTO "dw"."store" ("store_key", "store_durable_key", "store_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST('0x' || substr(md5('i' || strlen(CAST(i."_store_1" AS VARCHAR)) || ':' || CAST(i."_store_1" AS VARCHAR)), 1, 15) AS BIGINT), CAST('0x' || substr(md5('i' || strlen(CAST(i."_store_1" AS VARCHAR)) || ':' || CAST(i."_store_1" AS VARCHAR)), 1, 15) AS BIGINT), i."_store_1", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM incoming AS i
WHERE i."_store_1" IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS d WHERE d."store_id" = i."_store_1");

-- order_line: a key of the role `seller` without a member gets one, to be filled in place when the member arrives
INSERT INTO "dw"."seller" ("seller_key", "seller_durable_key", "seller_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST('0x' || substr(md5('i' || strlen(CAST(i."_seller_1" AS VARCHAR)) || ':' || CAST(i."_seller_1" AS VARCHAR)), 1, 15) AS BIGINT), CAST('0x' || substr(md5('i' || strlen(CAST(i."_seller_1" AS VARCHAR)) || ':' || CAST(i."_seller_1" AS VARCHAR)), 1, 15) AS BIGINT), i."_seller_1", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM incoming AS i
WHERE i."_seller_1" IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM "dw"."seller" AS d WHERE d."seller_id" = i."_seller_1");

-- order_line: a key of the role `promotion` without a member gets one, to be filled in place when the member arrives
INSERT INTO "dw"."promotion" ("promotion_key", "promotion_durable_key", "promotion_id", is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST('0x' || substr(md5('i' || strlen(CAST(i."_promotion_1" AS VARCHAR)) || ':' || CAST(i."_promotion_1" AS VARCHAR)), 1, 15) AS BIGINT), CAST('0x' || substr(md5('i' || strlen(CAST(i."_promotion_1" AS VARCHAR)) || ':' || CAST(i."_promotion_1" AS VARCHAR)), 1, 15) AS BIGINT), i."_promotion_1", FALSE, TRUE, getvariable('dwc_batch')
FROM incoming AS i
WHERE i."_promotion_1" IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM "dw"."promotion" AS d WHERE d."promotion_id" = i."_promotion_1");

-- order_line: a key of the role `order_status` without a member gets one, to be filled in place when the member arrives
INSERT INTO "dw"."order_status" ("order_status_key", "order_status_durable_key", "status_code", is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT CAST('0x' || substr(md5('s' || strlen(i."_order_status_1") || ':' || i."_order_status_1"), 1, 15) AS BIGINT), CAST('0x' || substr(md5('s' || strlen(i."_order_status_1") || ':' || i."_order_status_1"), 1, 15) AS BIGINT), i."_order_status_1", FALSE, TRUE, getvariable('dwc_batch')
FROM incoming AS i
WHERE i."_order_status_1" IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM "dw"."order_status" AS d WHERE d."status_code" = i."_order_status_1");

-- order_line: every role is bound to the version of its instant; a key is never NULL
CREATE OR REPLACE TEMP TABLE bound AS
SELECT
  i."order_id", i."line_no", i."ordered_at", i."ordered_at_utc", i."quantity", i."amount", i."discount_amount", i."unit_price",
  i."_order_date_1" AS "order_date_key",
  i."_order_time_1" AS "order_time_key",
  i."_promised_date_1" AS "promised_date_key",
  CASE WHEN i."_product_1" IS NULL THEN -1 WHEN i."ordered_at_utc" IS NULL THEN -4 ELSE COALESCE("_product"."product_key", -1) END AS "product_key",
  CASE WHEN i."_product_1" IS NULL THEN -1 ELSE CAST('0x' || substr(md5('i' || strlen(CAST(i."_product_1" AS VARCHAR)) || ':' || CAST(i."_product_1" AS VARCHAR)), 1, 15) AS BIGINT) END AS "product_durable_key",
  CASE WHEN i."_store_1" IS NULL THEN -1 WHEN i."ordered_at_utc" IS NULL THEN -4 ELSE COALESCE("_store"."store_key", -1) END AS "store_key",
  CASE WHEN i."_store_1" IS NULL THEN -1 ELSE CAST('0x' || substr(md5('i' || strlen(CAST(i."_store_1" AS VARCHAR)) || ':' || CAST(i."_store_1" AS VARCHAR)), 1, 15) AS BIGINT) END AS "store_durable_key",
  CASE WHEN i."_seller_1" IS NULL THEN -1 WHEN i."ordered_at_utc" IS NULL THEN -4 ELSE COALESCE("_seller"."seller_key", -1) END AS "seller_key",
  CASE WHEN i."_seller_1" IS NULL THEN -1 ELSE CAST('0x' || substr(md5('i' || strlen(CAST(i."_seller_1" AS VARCHAR)) || ':' || CAST(i."_seller_1" AS VARCHAR)), 1, 15) AS BIGINT) END AS "seller_durable_key",
  CASE WHEN i."_promotion_1" IS NULL THEN -2 ELSE COALESCE("_promotion"."promotion_key", -1) END AS "promotion_key",
  CASE WHEN i."_promotion_1" IS NULL THEN -2 ELSE CAST('0x' || substr(md5('i' || strlen(CAST(i."_promotion_1" AS VARCHAR)) || ':' || CAST(i."_promotion_1" AS VARCHAR)), 1, 15) AS BIGINT) END AS "promotion_durable_key",
  CASE WHEN i."_order_status_1" IS NULL THEN -1 ELSE COALESCE("_order_status"."order_status_key", -1) END AS "order_status_key",
  CASE WHEN i."_order_status_1" IS NULL THEN -1 ELSE CAST('0x' || substr(md5('s' || strlen(i."_order_status_1") || ':' || i."_order_status_1"), 1, 15) AS BIGINT) END AS "order_status_durable_key"
FROM incoming AS i
LEFT JOIN "dw"."product" AS "_product"
  ON "_product"."product_id" = i."_product_1"
    AND i."ordered_at_utc" >= "_product".valid_from
    AND i."ordered_at_utc" < "_product".valid_to
LEFT JOIN "dw"."store" AS "_store"
  ON "_store"."store_id" = i."_store_1"
    AND i."ordered_at_utc" >= "_store".valid_from
    AND i."ordered_at_utc" < "_store".valid_to
LEFT JOIN "dw"."seller" AS "_seller"
  ON "_seller"."seller_id" = i."_seller_1"
    AND i."ordered_at_utc" >= "_seller".valid_from
    AND i."ordered_at_utc" < "_seller".valid_to
LEFT JOIN "dw"."promotion" AS "_promotion"
  ON "_promotion"."promotion_id" = i."_promotion_1"
LEFT JOIN "dw"."order_status" AS "_order_status"
  ON "_order_status"."status_code" = i."_order_status_1";

-- order_line: rows of touched keys that the query no longer gives
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT f."order_id", f."line_no"
FROM "dw"."order_line" AS f
JOIN touched AS t ON t."order_id" = f."order_id" AND t."line_no" = f."line_no"
WHERE NOT EXISTS (SELECT 1 FROM bound AS b WHERE b."order_id" = f."order_id" AND b."line_no" = f."line_no");

SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  count_if(f.loaded_batch IS NULL) AS inserted,
  count_if(f.loaded_batch IS NOT NULL AND (f."ordered_at" IS DISTINCT FROM b."ordered_at" OR f."ordered_at_utc" IS DISTINCT FROM b."ordered_at_utc" OR f."quantity" IS DISTINCT FROM b."quantity" OR f."amount" IS DISTINCT FROM b."amount" OR f."discount_amount" IS DISTINCT FROM b."discount_amount" OR f."unit_price" IS DISTINCT FROM b."unit_price" OR f."order_date_key" IS DISTINCT FROM b."order_date_key" OR f."order_time_key" IS DISTINCT FROM b."order_time_key" OR f."promised_date_key" IS DISTINCT FROM b."promised_date_key" OR f."product_key" IS DISTINCT FROM b."product_key" OR f."product_durable_key" IS DISTINCT FROM b."product_durable_key" OR f."store_key" IS DISTINCT FROM b."store_key" OR f."store_durable_key" IS DISTINCT FROM b."store_durable_key" OR f."seller_key" IS DISTINCT FROM b."seller_key" OR f."seller_durable_key" IS DISTINCT FROM b."seller_durable_key" OR f."promotion_key" IS DISTINCT FROM b."promotion_key" OR f."promotion_durable_key" IS DISTINCT FROM b."promotion_durable_key" OR f."order_status_key" IS DISTINCT FROM b."order_status_key" OR f."order_status_durable_key" IS DISTINCT FROM b."order_status_durable_key")) AS updated,
  (SELECT COUNT(*) FROM vanished) AS deleted,
  count_if(f.loaded_batch IS NOT NULL AND NOT (f."ordered_at" IS DISTINCT FROM b."ordered_at" OR f."ordered_at_utc" IS DISTINCT FROM b."ordered_at_utc" OR f."quantity" IS DISTINCT FROM b."quantity" OR f."amount" IS DISTINCT FROM b."amount" OR f."discount_amount" IS DISTINCT FROM b."discount_amount" OR f."unit_price" IS DISTINCT FROM b."unit_price" OR f."order_date_key" IS DISTINCT FROM b."order_date_key" OR f."order_time_key" IS DISTINCT FROM b."order_time_key" OR f."promised_date_key" IS DISTINCT FROM b."promised_date_key" OR f."product_key" IS DISTINCT FROM b."product_key" OR f."product_durable_key" IS DISTINCT FROM b."product_durable_key" OR f."store_key" IS DISTINCT FROM b."store_key" OR f."store_durable_key" IS DISTINCT FROM b."store_durable_key" OR f."seller_key" IS DISTINCT FROM b."seller_key" OR f."seller_durable_key" IS DISTINCT FROM b."seller_durable_key" OR f."promotion_key" IS DISTINCT FROM b."promotion_key" OR f."promotion_durable_key" IS DISTINCT FROM b."promotion_durable_key" OR f."order_status_key" IS DISTINCT FROM b."order_status_key" OR f."order_status_durable_key" IS DISTINCT FROM b."order_status_durable_key")) AS unchanged
FROM bound AS b
LEFT JOIN "dw"."order_line" AS f ON f."order_id" = b."order_id" AND f."line_no" = b."line_no";

DELETE FROM "dw"."order_line" AS f
WHERE EXISTS (SELECT 1 FROM vanished AS v WHERE v."order_id" = f."order_id" AND v."line_no" = f."line_no");

MERGE INTO "dw"."order_line" AS t
USING bound AS s
ON t."order_id" = s."order_id" AND t."line_no" = s."line_no"
WHEN MATCHED AND (t."ordered_at" IS DISTINCT FROM s."ordered_at" OR t."ordered_at_utc" IS DISTINCT FROM s."ordered_at_utc" OR t."quantity" IS DISTINCT FROM s."quantity" OR t."amount" IS DISTINCT FROM s."amount" OR t."discount_amount" IS DISTINCT FROM s."discount_amount" OR t."unit_price" IS DISTINCT FROM s."unit_price" OR t."order_date_key" IS DISTINCT FROM s."order_date_key" OR t."order_time_key" IS DISTINCT FROM s."order_time_key" OR t."promised_date_key" IS DISTINCT FROM s."promised_date_key" OR t."product_key" IS DISTINCT FROM s."product_key" OR t."product_durable_key" IS DISTINCT FROM s."product_durable_key" OR t."store_key" IS DISTINCT FROM s."store_key" OR t."store_durable_key" IS DISTINCT FROM s."store_durable_key" OR t."seller_key" IS DISTINCT FROM s."seller_key" OR t."seller_durable_key" IS DISTINCT FROM s."seller_durable_key" OR t."promotion_key" IS DISTINCT FROM s."promotion_key" OR t."promotion_durable_key" IS DISTINCT FROM s."promotion_durable_key" OR t."order_status_key" IS DISTINCT FROM s."order_status_key" OR t."order_status_durable_key" IS DISTINCT FROM s."order_status_durable_key") THEN
  UPDATE SET "ordered_at" = s."ordered_at", "ordered_at_utc" = s."ordered_at_utc", "quantity" = s."quantity", "amount" = s."amount", "discount_amount" = s."discount_amount", "unit_price" = s."unit_price", "order_date_key" = s."order_date_key", "order_time_key" = s."order_time_key", "promised_date_key" = s."promised_date_key", "product_key" = s."product_key", "product_durable_key" = s."product_durable_key", "store_key" = s."store_key", "store_durable_key" = s."store_durable_key", "seller_key" = s."seller_key", "seller_durable_key" = s."seller_durable_key", "promotion_key" = s."promotion_key", "promotion_durable_key" = s."promotion_durable_key", "order_status_key" = s."order_status_key", "order_status_durable_key" = s."order_status_durable_key", loaded_batch = getvariable('dwc_batch')
WHEN NOT MATCHED THEN
  INSERT ("order_id", "line_no", "ordered_at", "ordered_at_utc", "quantity", "amount", "discount_amount", "unit_price", "order_date_key", "order_time_key", "promised_date_key", "product_key", "product_durable_key", "store_key", "store_durable_key", "seller_key", "seller_durable_key", "promotion_key", "promotion_durable_key", "order_status_key", "order_status_durable_key", loaded_batch)
  VALUES (s."order_id", s."line_no", s."ordered_at", s."ordered_at_utc", s."quantity", s."amount", s."discount_amount", s."unit_price", s."order_date_key", s."order_time_key", s."promised_date_key", s."product_key", s."product_durable_key", s."store_key", s."store_durable_key", s."seller_key", s."seller_durable_key", s."promotion_key", s."promotion_durable_key", s."order_status_key", s."order_status_durable_key", getvariable('dwc_batch'));

