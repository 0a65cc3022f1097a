-- shop.orders: the states of this batch in their order, each compared with the one before it
CREATE OR REPLACE TEMP TABLE batch_states AS
WITH ordered AS (
  SELECT
    _s.*,
    ROW_NUMBER() OVER (PARTITION BY _s.`order_id` ORDER BY _s.`updated_at` NULLS FIRST, _s.`_state` NULLS FIRST) AS _nth,
    COUNT(*) OVER (PARTITION BY _s.`order_id`) AS _of
  FROM `stage__shop__orders` AS _s
),
compared AS (
  SELECT
    _o.*,
    COALESCE(NOT _l._deleted, FALSE) AS _was_live,
    _o._deleted IS DISTINCT FROM _l._deleted OR (_o.`order_id` IS DISTINCT FROM _l.`order_id` AND (_o.`order_id` IS NOT NULL OR NOT _o._deleted)) OR (_o.`store_id` IS DISTINCT FROM _l.`store_id` AND (_o.`store_id` IS NOT NULL OR NOT _o._deleted)) OR (_o.`seller_id` IS DISTINCT FROM _l.`seller_id` AND (_o.`seller_id` IS NOT NULL OR NOT _o._deleted)) OR (_o.`ordered_at` IS DISTINCT FROM _l.`ordered_at` AND (_o.`ordered_at` IS NOT NULL OR NOT _o._deleted)) OR (_o.`promised_on` IS DISTINCT FROM _l.`promised_on` AND (_o.`promised_on` IS NOT NULL OR NOT _o._deleted)) OR (_o.`status` IS DISTINCT FROM _l.`status` AND (_o.`status` IS NOT NULL OR NOT _o._deleted)) OR (_o.`updated_at` IS DISTINCT FROM _l.`updated_at` AND (_o.`updated_at` IS NOT NULL OR NOT _o._deleted)) AS _differs,
    _o._deleted IS DISTINCT FROM LAG(_o._deleted) OVER states OR _o.`order_id` IS DISTINCT FROM LAG(_o.`order_id`) OVER states OR _o.`store_id` IS DISTINCT FROM LAG(_o.`store_id`) OVER states OR _o.`seller_id` IS DISTINCT FROM LAG(_o.`seller_id`) OVER states OR _o.`ordered_at` IS DISTINCT FROM LAG(_o.`ordered_at`) OVER states OR _o.`promised_on` IS DISTINCT FROM LAG(_o.`promised_on`) OVER states OR _o.`status` IS DISTINCT FROM LAG(_o.`status`) OVER states OR _o.`updated_at` IS DISTINCT FROM LAG(_o.`updated_at`) OVER states AS _follows,
    _o._nth = _o._of AND COALESCE(_o.`updated_at` >= _l.`updated_at`, _l.`updated_at` IS NULL) AS _is_last
  FROM ordered AS _o
  LEFT JOIN `dw_landing`.`shop__orders__rows` AS _l ON _l.`order_id` = _o.`order_id`
  WINDOW states AS (PARTITION BY _o.`order_id` ORDER BY _o._nth)
),
marked AS (
  SELECT _c.*, CASE WHEN _c._nth = 1 THEN _c._differs ELSE _c._follows END AS _changed
  FROM compared AS _c
)
-- a state that repeats the one before it holds since that one
SELECT
  _m.*,
  LAST_VALUE(CASE WHEN _m._changed THEN _m._state END IGNORE NULLS) OVER told AS _told_state,
  LAST_VALUE(CASE WHEN _m._changed THEN _m._at END IGNORE NULLS) OVER told AS _told_at
FROM marked AS _m
WINDOW told AS (PARTITION BY _m.`order_id` ORDER BY _m._nth ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- counts of the run report
SELECT
  COUNT(*) AS extracted,
  COUNTIF(_is_last AND NOT _deleted AND NOT _was_live) AS inserted,
  COUNTIF(_is_last AND NOT _deleted AND _was_live AND _differs) AS updated,
  COUNTIF(_is_last AND _deleted AND _was_live) AS deleted,
  COUNTIF(_is_last AND ((NOT _deleted AND _was_live AND NOT _differs) OR (_deleted AND NOT _was_live))) AS unchanged,
  COUNTIF(NOT _is_last) AS superseded
FROM batch_states;

-- the landed image of every row that is replaced, kept until each model has consumed the batch
INSERT INTO `dw_landing`.`shop__orders__changes` (_batch, _state, _image, _at, _deleted, `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at`)
SELECT dwc_batch, 0, 'old', _l._at, _l._deleted, _l.`order_id`, _l.`store_id`, _l.`seller_id`, _l.`ordered_at`, _l.`promised_on`, _l.`status`, _l.`updated_at`
FROM `dw_landing`.`shop__orders__rows` AS _l
JOIN (SELECT * FROM batch_states WHERE _is_last AND _differs) AS _s ON _s.`order_id` = _l.`order_id`;

-- every state that differs from the one before it
INSERT INTO `dw_landing`.`shop__orders__changes` (_batch, _state, _image, _at, _deleted, `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at`)
SELECT dwc_batch, _s._state, 'new', _s._at, _s._deleted, _s.`order_id`, _s.`store_id`, _s.`seller_id`, _s.`ordered_at`, _s.`promised_on`, _s.`status`, _s.`updated_at`
FROM batch_states AS _s
WHERE _s._changed;

-- the last state of every key becomes the landed row, unless a later one landed before; a deleted row stays as its own trace
MERGE INTO `dw_landing`.`shop__orders__rows` AS _t
USING (SELECT * FROM batch_states WHERE _is_last AND _differs) AS _s
ON _t.`order_id` = _s.`order_id`
WHEN MATCHED AND _s._deleted THEN
  UPDATE SET `store_id` = COALESCE(_s.`store_id`, _t.`store_id`), `seller_id` = COALESCE(_s.`seller_id`, _t.`seller_id`), `ordered_at` = COALESCE(_s.`ordered_at`, _t.`ordered_at`), `promised_on` = COALESCE(_s.`promised_on`, _t.`promised_on`), `status` = COALESCE(_s.`status`, _t.`status`), `updated_at` = COALESCE(_s.`updated_at`, _t.`updated_at`), _deleted = TRUE, _at = _s._told_at, _batch = dwc_batch, _state = _s._told_state
WHEN MATCHED AND NOT _s._deleted THEN
  UPDATE SET `store_id` = _s.`store_id`, `seller_id` = _s.`seller_id`, `ordered_at` = _s.`ordered_at`, `promised_on` = _s.`promised_on`, `status` = _s.`status`, `updated_at` = _s.`updated_at`, _deleted = FALSE, _at = _s._told_at, _batch = dwc_batch, _state = _s._told_state
WHEN NOT MATCHED THEN
  INSERT (`order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at`, _deleted, _at, _batch, _state)
  VALUES (_s.`order_id`, _s.`store_id`, _s.`seller_id`, _s.`ordered_at`, _s.`promised_on`, _s.`status`, _s.`updated_at`, _s._deleted, _s._told_at, dwc_batch, _s._told_state);

