-- store: every state that landed since the last load is an event of its member
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT `store_id`, (`store_name`) AS `store_name`, (`grade`) AS `grade`, (`region`) AS `region`, (`is_open`) AS `is_open`, (`business_type`) AS `business_type`, (`phone`) AS `phone`, COALESCE(TIMESTAMP(`updated_at`, 'Asia/Seoul'), _at) AS _event_at, CAST(NULL AS INT64) AS _event_sequence, _batch, _state, _gone FROM (SELECT *, _deleted AS _gone FROM (SELECT s.`store_id`, s.`store_name`, s.`grade`, s.`region`, s.`business_type`, s.`phone`, s.`is_open`, s.`updated_at`, s._at, s._batch, s._state, s._deleted, CAST(NULL AS TIMESTAMP) AS _gone_since FROM `dw_landing`.`shop__stores__changes` AS s WHERE s._image = 'new' AND s._batch > 0 UNION ALL SELECT r.`store_id`, r.`store_name`, r.`grade`, r.`region`, r.`business_type`, r.`phone`, r.`is_open`, r.`updated_at`, r._at, r._batch, r._state, r._deleted, CAST(NULL AS TIMESTAMP) AS _gone_since FROM `dw_landing`.`shop__stores__rows` AS r WHERE r._batch > 0 AND NOT r._deleted AND NOT EXISTS (SELECT 1 FROM `dw_landing`.`shop__stores__changes` AS c WHERE c._image = 'new' AND c._batch = r._batch AND c._state = r._state AND c.`store_id` = r.`store_id`)) AS `stores`) AS q;

-- a row here holds the load back: the natural key of dimension `store` is NULL
SELECT CONCAT('store_id=', COALESCE(CAST(i.`store_id` AS STRING), 'NULL')) AS key_text FROM incoming AS i WHERE i.`store_id` IS NULL LIMIT 20;

-- store: the members whose timeline is computed anew, with the events that are kept of them
CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT i.`store_id` FROM incoming AS i WHERE i.`store_id` IS NOT NULL;

CREATE OR REPLACE TEMP TABLE kept AS
SELECT h.`store_id`, h.`store_name`, h.`grade`, h.`region`, h.`is_open`, h.`business_type`, h.`phone`, h._event_at, h._event_sequence, h._batch, h._state, h._gone
FROM `dw_history`.`store` AS h
JOIN members AS m ON m.`store_id` = h.`store_id`;

-- store: of the states of one moment the last live one and the last delete count; what is kept is not kept twice
CREATE OR REPLACE TEMP TABLE fresh AS
WITH known AS (
  SELECT
    h.*,
    ROW_NUMBER() OVER (PARTITION BY h.`store_id`, h.`_event_at`, h.`_event_sequence`, h._gone ORDER BY h.`_event_at` DESC, h.`_event_sequence` DESC, h.`_batch` DESC, h.`_state` DESC) AS _place,
    ROW_NUMBER() OVER (PARTITION BY h.`store_id`, h.`_event_at`, h.`_event_sequence` ORDER BY h.`_event_at` DESC, h.`_event_sequence` DESC, h.`_batch` DESC, h.`_state` DESC) = 1 AS _holds
  FROM kept AS h
),
arrived AS (
  SELECT
    i.*,
    ROW_NUMBER() OVER (PARTITION BY i.`store_id`, i.`_event_at`, i.`_event_sequence`, i._gone ORDER BY i.`_event_at` DESC, i.`_event_sequence` DESC, i.`_batch` DESC, i.`_state` DESC) AS _place,
    ROW_NUMBER() OVER (PARTITION BY i.`store_id`, i.`_event_at`, i.`_event_sequence` ORDER BY i.`_event_at` DESC, i.`_event_sequence` DESC, i.`_batch` DESC, i.`_state` DESC) = 1 AS _holds
  FROM incoming AS i
),
compared AS (
  SELECT
    a.*,
    LOGICAL_OR(k._batch IS NULL OR (NOT a._gone AND (k.`store_name` IS DISTINCT FROM a.`store_name` OR k.`grade` IS DISTINCT FROM a.`grade` OR k.`region` IS DISTINCT FROM a.`region` OR k.`is_open` IS DISTINCT FROM a.`is_open` OR k.`business_type` IS DISTINCT FROM a.`business_type` OR k.`phone` IS DISTINCT FROM a.`phone`)))
      OVER (PARTITION BY a.`store_id`, a.`_event_at`, a.`_event_sequence`) AS _is_new
  FROM arrived AS a
  LEFT JOIN (SELECT * FROM known WHERE _place = 1) AS k
    ON k._gone = a._gone AND k._holds = a._holds AND k.`store_id` = a.`store_id`
    AND k._event_at = a._event_at AND k._event_sequence IS NOT DISTINCT FROM a._event_sequence
  WHERE a._place = 1
)
SELECT c.`store_id`, c.`store_name`, c.`grade`, c.`region`, c.`is_open`, c.`business_type`, c.`phone`, c._event_at, c._event_sequence, c._batch, c._state, c._gone
FROM compared AS c
WHERE c._is_new;

-- store: a landed state that is evaluated anew takes the place of what was kept of it
DELETE FROM kept AS k
WHERE EXISTS (
  SELECT 1 FROM fresh AS f
  WHERE f.`store_id` = k.`store_id`
    AND f._event_at = k._event_at AND f._batch = k._batch AND f._state = k._state AND f._gone = k._gone
);

DELETE FROM `dw_history`.`store` AS h
WHERE EXISTS (
  SELECT 1 FROM fresh AS f
  WHERE f.`store_id` = h.`store_id`
    AND f._event_at = h._event_at AND f._batch = h._batch AND f._state = h._state AND f._gone = h._gone
);

INSERT INTO `dw_history`.`store` (`store_id`, `store_name`, `grade`, `region`, `is_open`, `business_type`, `phone`, _event_at, _event_sequence, _batch, _state, _gone)
SELECT f.`store_id`, f.`store_name`, f.`grade`, f.`region`, f.`is_open`, f.`business_type`, f.`phone`, f._event_at, f._event_sequence, f._batch, f._state, f._gone FROM fresh AS f;

-- store: the timeline of each, from its events in the order of their instants
CREATE OR REPLACE TEMP TABLE versions AS
WITH events AS (
  SELECT * FROM kept UNION ALL SELECT * FROM fresh
),
-- one row per instant: the last event says whether the member is gone, the last live state gives the values
moments AS (
  SELECT
    e.`store_id`, e.`store_name`, e.`grade`, e.`region`, e.`is_open`, e.`business_type`, e.`phone`,
    e._event_at,
    NOT e._gone AS _is_known,
    MIN(CASE WHEN NOT e._gone THEN e._event_at END) OVER (PARTITION BY e.`store_id`) AS _first_at,
    MAX(CASE WHEN NOT e._gone THEN e._event_at END) OVER (PARTITION BY e.`store_id`) AS _last_at,
    FIRST_VALUE(e._gone) OVER (
      PARTITION BY e.`store_id`, e._event_at ORDER BY e._event_sequence DESC, e._batch DESC, e._state DESC
    ) AS _gone
  FROM events AS e
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY e.`store_id`, e._event_at
    ORDER BY e._gone, e._event_sequence DESC, e._batch DESC, e._state DESC
  ) = 1
),
marked AS (
  SELECT
    e.*,
    e._gone <> COALESCE(LAG(e._gone) OVER timeline, TRUE)
      OR (NOT e._gone AND (e.`store_name` IS DISTINCT FROM LAG(e.`store_name`) OVER timeline
        OR e.`grade` IS DISTINCT FROM LAG(e.`grade`) OVER timeline
        OR e.`region` IS DISTINCT FROM LAG(e.`region`) OVER timeline
        OR e.`is_open` IS DISTINCT FROM LAG(e.`is_open`) OVER timeline)) AS _starts
  FROM moments AS e
  WHERE e._event_at >= e._first_at

  WINDOW timeline AS (PARTITION BY e.`store_id` ORDER BY e._event_at)
),
numbered AS (
  SELECT
    k.*,
    SUM(CASE WHEN k._starts THEN 1 ELSE 0 END) OVER timeline AS _version,
    MAX(CASE WHEN k._is_known THEN k._event_at END) OVER timeline AS _known_at
  FROM marked AS k
  WINDOW timeline AS (PARTITION BY k.`store_id` ORDER BY k._event_at)
),
spans AS (
  SELECT
    n.`store_id`,
    n._version,
    MIN(n._event_at) AS _from,
    MAX(n._known_at) AS _known_at,
    MIN(n._first_at) AS _first_at,
    MAX(n._last_at) AS _last_at,
    LOGICAL_OR(n._gone) AS _gone
  FROM numbered AS n
  WHERE n._version > 0
  GROUP BY n.`store_id`, n._version
),
intervals AS (
  SELECT
    s.*,
    LEAD(s._from) OVER (PARTITION BY s.`store_id` ORDER BY s._from) AS _to,
    ROW_NUMBER() OVER (PARTITION BY s.`store_id` ORDER BY s._from) AS _nth
  FROM spans AS s
)
SELECT
  CASE WHEN i._nth = 1 THEN CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(i.`store_id` AS STRING)) AS STRING), ':', CAST(i.`store_id` AS STRING)))), 1, 15)) AS INT64) ELSE CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT(CONCAT('i', CAST(BYTE_LENGTH(CAST(i.`store_id` AS STRING)) AS STRING), ':', CAST(i.`store_id` AS STRING)), '@', CAST(UNIX_MICROS(i._from) AS STRING)))), 1, 15)) AS INT64) END AS `store_key`,
  CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(i.`store_id` AS STRING)) AS STRING), ':', CAST(i.`store_id` AS STRING)))), 1, 15)) AS INT64) AS `store_durable_key`,
  i.`store_id`,
  `version_state`.`store_name` AS `store_name`,
  `version_state`.`grade` AS `grade`,
  `version_state`.`region` AS `region`,
  `version_state`.`is_open` AS `is_open`,
  `last_state`.`business_type` AS `business_type`,
  `last_state`.`phone` AS `phone`,
  CASE WHEN i._nth = 1 THEN TIMESTAMP '0001-01-01 00:00:00+00' ELSE i._from END AS valid_from,
  COALESCE(i._to, TIMESTAMP '9999-12-31 00:00:00+00') AS valid_to,
  i._to IS NULL AS is_current,
  i._gone AS is_deleted,
  FALSE AS is_inferred

FROM intervals AS i
JOIN moments AS `last_state` ON `last_state`._event_at = i._last_at AND `last_state`.`store_id` = i.`store_id`
JOIN moments AS `version_state` ON `version_state`._event_at = i._known_at AND `version_state`.`store_id` = i.`store_id`
WHERE NOT i._gone;

-- a row here holds the load back: two members of dimension `store` have the same surrogate key
SELECT CONCAT(CONCAT('store_id=', COALESCE(CAST(a.`store_id` AS STRING), 'NULL')), ' and ', CONCAT('store_id=', COALESCE(CAST(b.`store_id` AS STRING), 'NULL'))) AS key_text
FROM versions AS a
JOIN (SELECT d.`store_key`, d.`store_id` FROM `dw`.`store` AS d WHERE d.`store_key` >= 0 UNION ALL SELECT w.`store_key`, w.`store_id` FROM versions AS w) AS b
  ON a.`store_key` = b.`store_key`
WHERE a.`store_id` IS DISTINCT FROM b.`store_id`
LIMIT 20;

-- store: inferred members whose keys were made in another way are made anew by the facts that name them
DELETE FROM `dw`.`store` AS d
WHERE d.is_inferred AND (d.`store_durable_key` <> CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('i', CAST(BYTE_LENGTH(CAST(d.`store_id` AS STRING)) AS STRING), ':', CAST(d.`store_id` AS STRING)))), 1, 15)) AS INT64) OR d.`store_key` <> d.`store_durable_key`);

-- store: what changes, by version; a version that its events no longer give is gone
CREATE OR REPLACE TEMP TABLE changes AS
SELECT
  v.`store_key`, v.`store_durable_key`, v.`store_id`, v.`store_name`, v.`grade`, v.`region`, v.`is_open`, v.`business_type`, v.`phone`, v.`valid_from`, v.`valid_to`, v.`is_current`, v.`is_deleted`, v.`is_inferred`,
  CASE WHEN d.`store_key` IS NULL THEN 'insert' ELSE 'update' END AS _change,
  d.`store_key` IS NULL OR d.valid_from <> v.valid_from OR d.valid_to IS DISTINCT FROM v.valid_to AS _rebinds
FROM versions AS v
LEFT JOIN `dw`.`store` AS d ON d.`store_key` = v.`store_key`
WHERE d.`store_key` IS NULL OR d.`store_id` IS DISTINCT FROM v.`store_id` OR d.`store_name` IS DISTINCT FROM v.`store_name` OR d.`grade` IS DISTINCT FROM v.`grade` OR d.`region` IS DISTINCT FROM v.`region` OR d.`is_open` IS DISTINCT FROM v.`is_open` OR d.`business_type` IS DISTINCT FROM v.`business_type` OR d.`phone` IS DISTINCT FROM v.`phone` OR d.`valid_from` IS DISTINCT FROM v.`valid_from` OR d.`valid_to` IS DISTINCT FROM v.`valid_to` OR d.`is_current` IS DISTINCT FROM v.`is_current` OR d.`is_deleted` IS DISTINCT FROM v.`is_deleted` OR d.`is_inferred` IS DISTINCT FROM v.`is_inferred`
UNION ALL
SELECT d.`store_key`, d.`store_durable_key`, d.`store_id`, d.`store_name`, d.`grade`, d.`region`, d.`is_open`, d.`business_type`, d.`phone`, d.`valid_from`, d.`valid_to`, d.`is_current`, d.`is_deleted`, d.`is_inferred`, 'delete' AS _change, TRUE AS _rebinds
FROM `dw`.`store` AS d
JOIN members AS m ON m.`store_id` = d.`store_id`
WHERE NOT d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS v WHERE v.`store_key` = d.`store_key`)
-- rows that lie in the order of their keys are updated faster
ORDER BY `store_id`;

SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  COUNTIF(_change = 'insert') AS inserted,
  COUNTIF(_change = 'update') AS updated,
  COUNTIF(_change = 'delete') AS deleted,
  (SELECT COUNT(*) FROM versions) - COUNT(CASE WHEN _change <> 'delete' THEN 1 END) AS unchanged
FROM changes;

-- store: the versions change in one statement, its arms disjoint
MERGE INTO `dw`.`store` AS t
USING changes AS s
ON t.`store_key` = s.`store_key`
WHEN MATCHED AND s._change = 'delete' THEN
  DELETE
WHEN MATCHED AND s._change = 'update' THEN
  UPDATE SET `store_id` = s.`store_id`, `store_name` = s.`store_name`, `grade` = s.`grade`, `region` = s.`region`, `is_open` = s.`is_open`, `business_type` = s.`business_type`, `phone` = s.`phone`, `valid_from` = s.`valid_from`, `valid_to` = s.`valid_to`, `is_current` = s.`is_current`, `is_deleted` = s.`is_deleted`, `is_inferred` = s.`is_inferred`, loaded_batch = dwc_batch
WHEN NOT MATCHED AND s._change = 'insert' THEN
  INSERT (`store_key`, `store_durable_key`, `store_id`, `store_name`, `grade`, `region`, `is_open`, `business_type`, `phone`, `valid_from`, `valid_to`, `is_current`, `is_deleted`, `is_inferred`, loaded_batch)
  VALUES (s.`store_key`, s.`store_durable_key`, s.`store_id`, s.`store_name`, s.`grade`, s.`region`, s.`is_open`, s.`business_type`, s.`phone`, s.`valid_from`, s.`valid_to`, s.`is_current`, s.`is_deleted`, s.`is_inferred`, dwc_batch);

-- a row here holds the load back: the timeline of dimension `store` is not whole
SELECT DISTINCT CONCAT(CONCAT('store_id=', COALESCE(CAST(d.`store_id` AS STRING), 'NULL')), CASE WHEN d.valid_from >= d._to THEN ' ends a version before it starts' WHEN d._next < d._to THEN ' has versions that overlap' WHEN d._open > 1 THEN ' has several current versions' ELSE ' has a gap without a delete' END) AS key_text
FROM (
  SELECT d.*, d.valid_to AS _to, LEAD(d.valid_from) OVER (PARTITION BY d.`store_id` ORDER BY d.valid_from) AS _next,
    SUM(CASE WHEN d.is_current THEN 1 ELSE 0 END) OVER (PARTITION BY d.`store_id`) AS _open
  FROM `dw`.`store` AS d JOIN members AS m ON m.`store_id` = d.`store_id`
  WHERE d.`store_key` >= 0
) AS d
WHERE d.valid_from >= d._to OR d._next < d._to OR d._open > 1
  OR (d._next > d._to AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM kept UNION ALL SELECT * FROM fresh) AS h WHERE h._gone AND h._event_at = d._to AND h.`store_id` = d.`store_id`))
LIMIT 20;

-- delivery: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO `dw`.`store` (`store_key`, `store_durable_key`, `store_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT c.`store_durable_key`, c.`store_durable_key`, c.`store_id`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM changes AS c
WHERE c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM `dw`.`store` AS v WHERE v.`store_durable_key` = c.`store_durable_key`)
  AND EXISTS (SELECT 1 FROM `dw`.`delivery` AS f WHERE f.`store_durable_key` = c.`store_durable_key`);

-- delivery: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT f.`delivery_id`, COALESCE(v.`store_key`, -1) AS _bound
FROM `dw`.`delivery` AS f
JOIN (SELECT DISTINCT `store_durable_key` AS _durable FROM changes WHERE _rebinds) AS c ON c._durable = f.`store_durable_key`
LEFT JOIN `dw`.`store` AS v
  ON v.`store_durable_key` = f.`store_durable_key`
  AND f.`ordered_at_utc` >= v.valid_from AND f.`ordered_at_utc` < v.valid_to
WHERE COALESCE(v.`store_key`, -1) <> f.`store_key`
  AND f.`ordered_at_utc` IS NOT NULL;

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE `dw`.`delivery` AS f
SET `store_key` = r._bound
FROM rebound AS r
WHERE r.`delivery_id` = f.`delivery_id`;

-- order_line: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO `dw`.`store` (`store_key`, `store_durable_key`, `store_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT c.`store_durable_key`, c.`store_durable_key`, c.`store_id`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM changes AS c
WHERE c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM `dw`.`store` AS v WHERE v.`store_durable_key` = c.`store_durable_key`)
  AND EXISTS (SELECT 1 FROM `dw`.`order_line` AS f WHERE f.`store_durable_key` = c.`store_durable_key`);

-- order_line: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT f.`order_id`, f.`line_no`, COALESCE(v.`store_key`, -1) AS _bound
FROM `dw`.`order_line` AS f
JOIN (SELECT DISTINCT `store_durable_key` AS _durable FROM changes WHERE _rebinds) AS c ON c._durable = f.`store_durable_key`
LEFT JOIN `dw`.`store` AS v
  ON v.`store_durable_key` = f.`store_durable_key`
  AND f.`ordered_at_utc` >= v.valid_from AND f.`ordered_at_utc` < v.valid_to
WHERE COALESCE(v.`store_key`, -1) <> f.`store_key`
  AND f.`ordered_at_utc` IS NOT NULL;

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE `dw`.`order_line` AS f
SET `store_key` = r._bound
FROM rebound AS r
WHERE r.`order_id` = f.`order_id` AND r.`line_no` = f.`line_no`;

-- payment: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO `dw`.`store` (`store_key`, `store_durable_key`, `store_id`, valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT c.`store_durable_key`, c.`store_durable_key`, c.`store_id`, TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, TRUE, dwc_batch
FROM changes AS c
WHERE c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM `dw`.`store` AS v WHERE v.`store_durable_key` = c.`store_durable_key`)
  AND EXISTS (SELECT 1 FROM `dw`.`payment` AS f WHERE f.`store_durable_key` = c.`store_durable_key`);

-- payment: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT f.`payment_id`, COALESCE(v.`store_key`, -1) AS _bound
FROM `dw`.`payment` AS f
JOIN (SELECT DISTINCT `store_durable_key` AS _durable FROM changes WHERE _rebinds) AS c ON c._durable = f.`store_durable_key`
LEFT JOIN `dw`.`store` AS v
  ON v.`store_durable_key` = f.`store_durable_key`
  AND f.`paid_at_utc` >= v.valid_from AND f.`paid_at_utc` < v.valid_to
WHERE COALESCE(v.`store_key`, -1) <> f.`store_key`
  AND f.`paid_at_utc` IS NOT NULL;

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE `dw`.`payment` AS f
SET `store_key` = r._bound
FROM rebound AS r
WHERE r.`payment_id` = f.`payment_id`;

