-- shop.orders: the states of this batch in their order, each compared with the one before it
CREATE OR REPLACE TEMP TABLE batch_states AS
WITH ordered AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (PARTITION BY s."order_id" ORDER BY s."updated_at" NULLS FIRST, s."_state" NULLS FIRST) AS _nth,
    COUNT(*) OVER (PARTITION BY s."order_id") AS _of
  FROM "stage__shop__orders" AS s
),
compared AS (
  SELECT
    o.*,
    COALESCE(NOT l._deleted, FALSE) AS _was_live,
    o._deleted IS DISTINCT FROM l._deleted OR o."order_id" IS DISTINCT FROM l."order_id" OR o."store_id" IS DISTINCT FROM l."store_id" OR o."seller_id" IS DISTINCT FROM l."seller_id" OR o."ordered_at" IS DISTINCT FROM l."ordered_at" OR o."promised_on" IS DISTINCT FROM l."promised_on" OR o."status" IS DISTINCT FROM l."status" OR o."updated_at" IS DISTINCT FROM l."updated_at" AS _differs,
    o._deleted IS DISTINCT FROM LAG(o._deleted) OVER states OR o."order_id" IS DISTINCT FROM LAG(o."order_id") OVER states OR o."store_id" IS DISTINCT FROM LAG(o."store_id") OVER states OR o."seller_id" IS DISTINCT FROM LAG(o."seller_id") OVER states OR o."ordered_at" IS DISTINCT FROM LAG(o."ordered_at") OVER states OR o."promised_on" IS DISTINCT FROM LAG(o."promised_on") OVER states OR o."status" IS DISTINCT FROM LAG(o."status") OVER states OR o."updated_at" IS DISTINCT FROM LAG(o."updated_at") OVER states AS _follows,
    o._nth = o._of AND COALESCE(o."updated_at" >= l."updated_at", l."updated_at" IS NULL) AS _is_last
  FROM ordered AS o
  LEFT JOIN "dw_landing"."shop__orders__rows" AS l ON l."order_id" = o."order_id"
  WINDOW states AS (PARTITION BY o."order_id" ORDER BY o._nth)
)
SELECT c.*, CASE WHEN c._nth = 1 THEN c._differs ELSE c._follows END AS _changed
FROM compared AS c;

-- counts of the run report
SELECT
  COUNT(*) AS extracted,
  count_if(_is_last AND NOT _deleted AND NOT _was_live) AS inserted,
  count_if(_is_last AND NOT _deleted AND _was_live AND _differs) AS updated,
  count_if(_is_last AND _deleted AND _was_live) AS deleted,
  count_if(_is_last AND ((NOT _deleted AND _was_live AND NOT _differs) OR (_deleted AND NOT _was_live))) AS unchanged,
  count_if(NOT _is_last) AS superseded
FROM batch_states;

-- the landed image of every row that is replaced, kept until each model has consumed the batch
INSERT INTO "dw_landing"."shop__orders__changes" (_batch, _state, _image, _at, _deleted, "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at")
SELECT getvariable('dwc_batch'), 0, 'old', l._at, l._deleted, l."order_id", l."store_id", l."seller_id", l."ordered_at", l."promised_on", l."status", l."updated_at"
FROM "dw_landing"."shop__orders__rows" AS l
WHERE EXISTS (SELECT 1 FROM batch_states AS s WHERE s._is_last AND s._differs AND s."order_id" = l."order_id");

-- every state that differs from the one before it
INSERT INTO "dw_landing"."shop__orders__changes" (_batch, _state, _image, _at, _deleted, "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at")
SELECT getvariable('dwc_batch'), s._state, 'new', s._at, s._deleted, s."order_id", s."store_id", s."seller_id", s."ordered_at", s."promised_on", s."status", s."updated_at"
FROM batch_states AS s
WHERE s._changed;

-- the last state of every key becomes the landed row, unless a later one landed before; a deleted row stays as its own trace
MERGE INTO "dw_landing"."shop__orders__rows" AS t
USING (SELECT * FROM batch_states WHERE _is_last AND _differs) AS s
ON t."order_id" = s."order_id"
WHEN MATCHED AND s._deleted THEN
  UPDATE SET "store_id" = COALESCE(s."store_id", t."store_id"), "seller_id" = COALESCE(s."seller_id", t."seller_id"), "ordered_at" = COALESCE(s."ordered_at", t."ordered_at"), "promised_on" = COALESCE(s."promised_on", t."promised_on"), "status" = COALESCE(s."status", t."status"), "updated_at" = COALESCE(s."updated_at", t."updated_at"), _deleted = TRUE, _at = s._at, _batch = getvariable('dwc_batch'), _state = s._state
WHEN MATCHED AND NOT s._deleted THEN
  UPDATE SET "store_id" = s."store_id", "seller_id" = s."seller_id", "ordered_at" = s."ordered_at", "promised_on" = s."promised_on", "status" = s."status", "updated_at" = s."updated_at", _deleted = FALSE, _at = s._at, _batch = getvariable('dwc_batch'), _state = s._state
WHEN NOT MATCHED THEN
  INSERT ("order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at", _deleted, _at, _batch, _state)
  VALUES (s."order_id", s."store_id", s."seller_id", s."ordered_at", s."promised_on", s."status", s."updated_at", s._deleted, s._at, getvariable('dwc_batch'), s._state);

