-- store: every state that landed since the last load is an event of its member
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT _s."store_id", _s."store_name", _s."grade", _s."region", _s."is_open", _s."business_type", _s."phone", LEAST(_s._event_at, TIMESTAMP '9999-12-30 23:59:59.999999') AS _event_at, _s._event_sequence, _s._batch, _s._state, _s._gone
FROM (
SELECT 
  "_q"."store_id",
  "_q"."store_name",
  "_q"."grade",
  "_q"."region",
  "_q"."is_open",
  "_q"."business_type",
  "_q"."phone",
  coalesce(coalesce(dwc_try_from_zone(CAST("_q"."updated_at" AS TIMESTAMP), 'Asia/Seoul'), CASE WHEN (date_part('year', "_q"."updated_at")) = 1 THEN TIMESTAMP '0001-01-01 00:00:00' WHEN (date_part('year', "_q"."updated_at")) = 9999 THEN TIMESTAMP '9999-12-31 23:59:59.999999' END), "_q"."_at") AS "_event_at",
  CAST(NULL AS BIGINT) AS "_event_sequence",
  "_q"."_batch",
  "_q"."_state",
  "_q"."_gone"
FROM (
  SELECT 
    "stores"."store_id",
    "stores"."store_name",
    "stores"."grade",
    "stores"."region",
    "stores"."business_type",
    "stores"."phone",
    "stores"."is_open",
    "stores"."updated_at",
    "stores"."_at",
    "stores"."_batch",
    "stores"."_state",
    "stores"."_deleted",
    "stores"."_gone_since",
    "stores"."_deleted" AS "_gone",
    CAST(NULL AS TIMESTAMP) AS "_deleted_at"
  FROM (SELECT _s."store_id", _s."store_name", _s."grade", _s."region", _s."business_type", _s."phone", _s."is_open", _s."updated_at", _s._at, _s._batch, _s._state, _s._deleted, CAST(NULL AS TIMESTAMP) AS _gone_since FROM "dw_landing"."shop__stores__changes" AS _s WHERE _s._image = 'new' AND _s._batch > 0 UNION ALL SELECT _r."store_id", _r."store_name", _r."grade", _r."region", _r."business_type", _r."phone", _r."is_open", _r."updated_at", _r._at, _r._batch, _r._state, _r._deleted, CAST(NULL AS TIMESTAMP) AS _gone_since FROM "dw_landing"."shop__stores__rows" AS _r WHERE _r._batch > 0 AND NOT EXISTS (SELECT 1 FROM "dw_landing"."shop__stores__changes" AS _c WHERE _c._image = 'new' AND _c._batch = _r._batch AND _c._state = _r._state AND _c."store_id" = _r."store_id")) AS "stores"
) AS "_q"
) AS _s;

SELECT DISTINCT 'store_id=' || COALESCE(CAST(_i."store_id" AS VARCHAR), 'NULL') AS key_text, 'store_id=' || COALESCE(CAST(_i."store_id" AS VARCHAR), 'NULL') || ', store_name=' || COALESCE(CAST(_i."store_name" AS VARCHAR), 'NULL') || ', grade=' || COALESCE(CAST(_i."grade" AS VARCHAR), 'NULL') || ', region=' || COALESCE(CAST(_i."region" AS VARCHAR), 'NULL') || ', is_open=' || COALESCE(CAST(_i."is_open" AS VARCHAR), 'NULL') || ', business_type=' || COALESCE(CAST(_i."business_type" AS VARCHAR), 'NULL') || ', phone=' || COALESCE(CAST(_i."phone" AS VARCHAR), 'NULL') AS row_text FROM incoming AS _i WHERE _i."store_id" IS NULL;

DELETE FROM incoming AS _i WHERE _i."store_id" IS NULL;

-- store: the members whose timeline is computed anew, with the events that are kept of them
CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT _i."store_id" FROM incoming AS _i WHERE _i."store_id" IS NOT NULL
-- members that landing no longer gives, such as deleted ones, have their events
UNION DISTINCT
SELECT _h."store_id" FROM "dw_history"."store" AS _h;

-- store: a landed state that is evaluated anew takes the place of what was kept of it
DELETE FROM "dw_history"."store" AS _h
WHERE EXISTS (
  SELECT 1 FROM incoming AS _i
  WHERE _i._batch = _h._batch AND _i._state = _h._state AND _i."store_id" = _h."store_id"
);

CREATE OR REPLACE TEMP TABLE kept AS
SELECT _h."store_id", _h."store_name", _h."grade", _h."region", _h."is_open", _h."business_type", _h."phone", _h._event_at, _h._event_sequence, _h._batch, _h._state, _h._gone
FROM "dw_history"."store" AS _h
JOIN members AS _m ON _m."store_id" = _h."store_id";

-- store: of the states of one moment the last live one and the last delete count; what is kept is not kept twice
CREATE OR REPLACE TEMP TABLE fresh AS
WITH known AS (
  SELECT
    _h.*,
    ROW_NUMBER() OVER (PARTITION BY _h."store_id", _h."_event_at", _h."_event_sequence", _h._gone ORDER BY _h."_event_at" DESC, _h."_event_sequence" DESC, _h."_batch" DESC, _h."_state" DESC) AS _place,
    ROW_NUMBER() OVER (PARTITION BY _h."store_id", _h."_event_at", _h."_event_sequence" ORDER BY _h."_event_at" DESC, _h."_event_sequence" DESC, _h."_batch" DESC, _h."_state" DESC) = 1 AS _holds
  FROM kept AS _h
),
arrived AS (
  SELECT
    _i.*,
    ROW_NUMBER() OVER (PARTITION BY _i."store_id", _i."_event_at", _i."_event_sequence", _i._gone ORDER BY _i."_event_at" DESC, _i."_event_sequence" DESC, _i."_batch" DESC, _i."_state" DESC) AS _place,
    ROW_NUMBER() OVER (PARTITION BY _i."store_id", _i."_event_at", _i."_event_sequence" ORDER BY _i."_event_at" DESC, _i."_event_sequence" DESC, _i."_batch" DESC, _i."_state" DESC) = 1 AS _holds
  FROM incoming AS _i
),
compared AS (
  SELECT
    _a.*,
    bool_or(_k._batch IS NULL OR (NOT _a._gone AND (_k."store_name" IS DISTINCT FROM _a."store_name" OR _k."grade" IS DISTINCT FROM _a."grade" OR _k."region" IS DISTINCT FROM _a."region" OR _k."is_open" IS DISTINCT FROM _a."is_open" OR _k."business_type" IS DISTINCT FROM _a."business_type" OR _k."phone" IS DISTINCT FROM _a."phone")))
      OVER (PARTITION BY _a."store_id", _a."_event_at", _a."_event_sequence") AS _is_new
  FROM arrived AS _a
  LEFT JOIN (SELECT * FROM known WHERE _place = 1) AS _k
    ON _k._gone = _a._gone AND _k._holds = _a._holds AND _k."store_id" = _a."store_id"
    AND _k._event_at = _a._event_at AND _k._event_sequence IS NOT DISTINCT FROM _a._event_sequence
  WHERE _a._place = 1
)
SELECT _c."store_id", _c."store_name", _c."grade", _c."region", _c."is_open", _c."business_type", _c."phone", _c._event_at, _c._event_sequence, _c._batch, _c._state, _c._gone
FROM compared AS _c
WHERE _c._is_new;

INSERT INTO "dw_history"."store" ("store_id", "store_name", "grade", "region", "is_open", "business_type", "phone", _event_at, _event_sequence, _batch, _state, _gone)
SELECT _f."store_id", _f."store_name", _f."grade", _f."region", _f."is_open", _f."business_type", _f."phone", _f._event_at, _f._event_sequence, _f._batch, _f._state, _f._gone FROM fresh AS _f;

-- store: the timeline of each, from its events in the order of their instants
CREATE OR REPLACE TEMP TABLE versions AS
WITH events AS (
  SELECT _t."store_id", _t."store_name", _t."grade", _t."region", CASE _t."is_open" WHEN TRUE THEN 'Open' WHEN FALSE THEN 'Closed' END AS "is_open", _t."business_type", _t."phone", _t._event_at, _t._event_sequence, _t._batch, _t._state, _t._gone FROM (SELECT * FROM kept UNION ALL SELECT * FROM fresh) AS _t
),
-- one row per instant: the last event says whether the member is gone, the last live state gives the values
moments AS (
  SELECT
    _e."store_id", _e."store_name", _e."grade", _e."region", _e."is_open", _e."business_type", _e."phone",
    _e._event_at,
    NOT _e._gone AS _is_known,
    MIN(CASE WHEN NOT _e._gone THEN _e._event_at END) OVER (PARTITION BY _e."store_id") AS _first_at,
    MAX(CASE WHEN NOT _e._gone THEN _e._event_at END) OVER (PARTITION BY _e."store_id") AS _last_at,
    FIRST_VALUE(_e._gone) OVER (
      PARTITION BY _e."store_id", _e._event_at ORDER BY _e._event_sequence DESC, _e._batch DESC, _e._state DESC
    ) AS _gone
  FROM events AS _e
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY _e."store_id", _e._event_at
    ORDER BY _e._gone, _e._event_sequence DESC, _e._batch DESC, _e._state DESC
  ) = 1
),
marked AS (
  SELECT
    _e.*,
    _e._gone <> COALESCE(LAG(_e._gone) OVER timeline, TRUE)
      OR (NOT _e._gone AND (_e."store_name" IS DISTINCT FROM LAG(_e."store_name") OVER timeline
        OR _e."grade" IS DISTINCT FROM LAG(_e."grade") OVER timeline
        OR _e."region" IS DISTINCT FROM LAG(_e."region") OVER timeline
        OR _e."is_open" IS DISTINCT FROM LAG(_e."is_open") OVER timeline)) AS _starts
  FROM moments AS _e
  WHERE _e._event_at >= _e._first_at

  WINDOW timeline AS (PARTITION BY _e."store_id" ORDER BY _e._event_at)
),
numbered AS (
  SELECT
    _k.*,
    SUM(CASE WHEN _k._starts THEN 1 ELSE 0 END) OVER timeline AS _version,
    MAX(CASE WHEN _k._is_known THEN _k._event_at END) OVER timeline AS _known_at
  FROM marked AS _k
  WINDOW timeline AS (PARTITION BY _k."store_id" ORDER BY _k._event_at)
),
spans AS (
  SELECT
    _n."store_id",
    _n._version,
    MIN(_n._event_at) AS _from,
    MAX(_n._known_at) AS _known_at,
    MIN(_n._first_at) AS _first_at,
    MAX(_n._last_at) AS _last_at,
    bool_or(_n._gone) AS _gone
  FROM numbered AS _n
  WHERE _n._version > 0
  GROUP BY _n."store_id", _n._version
),
intervals AS (
  SELECT
    _s.*,
    LEAD(_s._from) OVER (PARTITION BY _s."store_id" ORDER BY _s._from) AS _to,
    ROW_NUMBER() OVER (PARTITION BY _s."store_id" ORDER BY _s._from) AS _nth
  FROM spans AS _s
)
SELECT
  CASE WHEN _i._nth = 1 THEN CAST('0x' || substr(md5('i' || strlen(CAST(_i."store_id" AS VARCHAR)) || ':' || CAST(_i."store_id" AS VARCHAR)), 1, 15) AS BIGINT) ELSE CAST('0x' || substr(md5('i' || strlen(CAST(_i."store_id" AS VARCHAR)) || ':' || CAST(_i."store_id" AS VARCHAR) || '@' || CAST(epoch_us(_i._from) AS VARCHAR)), 1, 15) AS BIGINT) END AS "store_key",
  CAST('0x' || substr(md5('i' || strlen(CAST(_i."store_id" AS VARCHAR)) || ':' || CAST(_i."store_id" AS VARCHAR)), 1, 15) AS BIGINT) AS "store_durable_key",
  _i."store_id",
  "version_state"."store_name" AS "store_name",
  "version_state"."grade" AS "grade",
  "version_state"."region" AS "region",
  "version_state"."is_open" AS "is_open",
  "last_state"."business_type" AS "business_type",
  "last_state"."phone" AS "phone",
  CASE WHEN _i._nth = 1 THEN TIMESTAMP '0001-01-01 00:00:00' ELSE _i._from END AS valid_from,
  COALESCE(_i._to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
  _i._to IS NULL AS is_current,
  _i._gone AS is_deleted,
  FALSE AS is_inferred

FROM intervals AS _i
JOIN moments AS "last_state" ON "last_state"._event_at = _i._last_at AND "last_state"."store_id" = _i."store_id"
JOIN moments AS "version_state" ON "version_state"._event_at = _i._known_at AND "version_state"."store_id" = _i."store_id"
WHERE NOT _i._gone;

-- a row here holds the load back: two members of dimension `store` have the same surrogate key
SELECT 'store_id=' || COALESCE(CAST(_a."store_id" AS VARCHAR), 'NULL') || ' and ' || 'store_id=' || COALESCE(CAST(_b."store_id" AS VARCHAR), 'NULL') AS key_text
FROM versions AS _a
JOIN (SELECT _d."store_key", _d."store_id" FROM "dw"."store" AS _d WHERE _d."store_key" >= 0 UNION ALL SELECT _w."store_key", _w."store_id" FROM versions AS _w) AS _b
  ON _a."store_key" = _b."store_key"
WHERE _a."store_id" IS DISTINCT FROM _b."store_id"
ORDER BY key_text
LIMIT 20;

-- store: inferred members whose keys were made in another way are made anew by the facts that name them
DELETE FROM "dw"."store" AS _d
WHERE _d.is_inferred AND (_d."store_durable_key" <> CAST('0x' || substr(md5('i' || strlen(CAST(_d."store_id" AS VARCHAR)) || ':' || CAST(_d."store_id" AS VARCHAR)), 1, 15) AS BIGINT) OR _d."store_key" <> _d."store_durable_key");

-- store: inferred members hold until the end that is declared
UPDATE "dw"."store" AS _d
SET valid_to = TIMESTAMP '9999-12-31 00:00:00'
WHERE _d.is_inferred AND _d.valid_to IS DISTINCT FROM TIMESTAMP '9999-12-31 00:00:00';

-- store: the versions that are stored of these members, read once
CREATE OR REPLACE TEMP TABLE stored AS
SELECT _d."store_key", _d."store_durable_key", _d."store_id", _d."store_name", _d."grade", _d."region", _d."is_open", _d."business_type", _d."phone", _d."valid_from", _d."valid_to", _d."is_current", _d."is_deleted", _d."is_inferred"
FROM "dw"."store" AS _d
JOIN members AS _m ON _m."store_id" = _d."store_id";

-- store: what changes, by version; a version that its events no longer give is gone
CREATE OR REPLACE TEMP TABLE changes AS
SELECT
  _v."store_key", _v."store_durable_key", _v."store_id", _v."store_name", _v."grade", _v."region", _v."is_open", _v."business_type", _v."phone", _v."valid_from", _v."valid_to", _v."is_current", _v."is_deleted", _v."is_inferred",
  CASE WHEN _d."store_key" IS NULL THEN 'insert' ELSE 'update' END AS _change,
  _d."store_key" IS NULL OR _d.valid_from <> _v.valid_from OR _d.valid_to IS DISTINCT FROM _v.valid_to AS _rebinds,
  CASE
    WHEN _d."store_key" IS NULL THEN _v.valid_from
    WHEN _d.valid_from <> _v.valid_from THEN LEAST(_d.valid_from, _v.valid_from)
    ELSE LEAST(COALESCE(_d.valid_to, _v.valid_to), COALESCE(_v.valid_to, _d.valid_to))
  END AS _from

FROM versions AS _v
LEFT JOIN stored AS _d ON _d."store_key" = _v."store_key"
WHERE _d."store_key" IS NULL OR _d."store_durable_key" IS DISTINCT FROM _v."store_durable_key" OR _d."store_id" IS DISTINCT FROM _v."store_id" OR _d."store_name" IS DISTINCT FROM _v."store_name" OR _d."grade" IS DISTINCT FROM _v."grade" OR _d."region" IS DISTINCT FROM _v."region" OR _d."is_open" IS DISTINCT FROM _v."is_open" OR _d."business_type" IS DISTINCT FROM _v."business_type" OR _d."phone" IS DISTINCT FROM _v."phone" OR _d."valid_from" IS DISTINCT FROM _v."valid_from" OR _d."valid_to" IS DISTINCT FROM _v."valid_to" OR _d."is_current" IS DISTINCT FROM _v."is_current" OR _d."is_deleted" IS DISTINCT FROM _v."is_deleted" OR _d."is_inferred" IS DISTINCT FROM _v."is_inferred"
UNION ALL
SELECT _d."store_key", _d."store_durable_key", _d."store_id", _d."store_name", _d."grade", _d."region", _d."is_open", _d."business_type", _d."phone", _d."valid_from", _d."valid_to", _d."is_current", _d."is_deleted", _d."is_inferred", 'delete' AS _change, TRUE AS _rebinds,
  -- a member without any version left is inferred where a fact names it, and then holds since the beginning
  CASE WHEN _m._durable IS NULL THEN TIMESTAMP '0001-01-01 00:00:00' ELSE _d.valid_from END AS _from

FROM stored AS _d
LEFT JOIN (SELECT DISTINCT _v."store_id", _v."store_durable_key" AS _durable FROM versions AS _v) AS _m ON _m."store_id" = _d."store_id"
WHERE NOT _d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS _v WHERE _v."store_key" = _d."store_key")
UNION ALL
-- inferred members that no fact names any more
SELECT _d."store_key", _d."store_durable_key", _d."store_id", _d."store_name", _d."grade", _d."region", _d."is_open", _d."business_type", _d."phone", _d."valid_from", _d."valid_to", _d."is_current", _d."is_deleted", _d."is_inferred", 'delete' AS _change, TRUE AS _rebinds, _d.valid_from AS _from

FROM "dw"."store" AS _d
WHERE _d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS _v WHERE _v."store_key" = _d."store_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."delivery" AS _f WHERE _f."store_durable_key" = _d."store_durable_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."order_line" AS _f WHERE _f."store_durable_key" = _d."store_durable_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."payment" AS _f WHERE _f."store_durable_key" = _d."store_durable_key")

-- rows that lie in the order of their keys are updated faster
ORDER BY "store_id";

SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  count_if(_change = 'insert') AS inserted,
  count_if(_change = 'update') AS updated,
  count_if(_change = 'delete') AS deleted,
  (SELECT COUNT(*) FROM versions) - COUNT(CASE WHEN _change <> 'delete' THEN 1 END) AS unchanged
FROM changes;

-- store: the versions change in one statement, its arms disjoint
MERGE INTO "dw"."store" AS _t
USING changes AS _s
ON _t."store_key" = _s."store_key"
WHEN MATCHED AND _s._change = 'delete' THEN
  DELETE
WHEN MATCHED AND _s._change = 'update' THEN
  UPDATE SET "store_durable_key" = _s."store_durable_key", "store_id" = _s."store_id", "store_name" = _s."store_name", "grade" = _s."grade", "region" = _s."region", "is_open" = _s."is_open", "business_type" = _s."business_type", "phone" = _s."phone", "valid_from" = _s."valid_from", "valid_to" = _s."valid_to", "is_current" = _s."is_current", "is_deleted" = _s."is_deleted", "is_inferred" = _s."is_inferred", loaded_batch = getvariable('dwc_batch')
WHEN NOT MATCHED AND _s._change = 'insert' THEN
  INSERT ("store_key", "store_durable_key", "store_id", "store_name", "grade", "region", "is_open", "business_type", "phone", "valid_from", "valid_to", "is_current", "is_deleted", "is_inferred", loaded_batch)
  VALUES (_s."store_key", _s."store_durable_key", _s."store_id", _s."store_name", _s."grade", _s."region", _s."is_open", _s."business_type", _s."phone", _s."valid_from", _s."valid_to", _s."is_current", _s."is_deleted", _s."is_inferred", getvariable('dwc_batch'));

-- a row here holds the load back: the timeline of dimension `store` is not whole
SELECT DISTINCT 'store_id=' || COALESCE(CAST(_d."store_id" AS VARCHAR), 'NULL') || CASE WHEN _d.valid_from >= _d._to THEN ' ends a version before it starts' WHEN _d._next < _d._to THEN ' has versions that overlap' WHEN _d._open > 1 THEN ' has several current versions' ELSE ' has a gap without a delete' END AS key_text
FROM (
  SELECT _d.*, _d.valid_to AS _to, LEAD(_d.valid_from) OVER (PARTITION BY _d."store_id" ORDER BY _d.valid_from) AS _next,
    SUM(CASE WHEN _d.is_current THEN 1 ELSE 0 END) OVER (PARTITION BY _d."store_id") AS _open
  FROM "dw"."store" AS _d JOIN members AS _m ON _m."store_id" = _d."store_id"
  WHERE _d."store_key" >= 0
) AS _d
WHERE _d.valid_from >= _d._to OR _d._next < _d._to OR _d._open > 1
  OR (_d._next > _d._to AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM kept UNION ALL SELECT * FROM fresh) AS _h WHERE _h._gone AND _h._event_at = _d._to AND _h."store_id" = _d."store_id"))
ORDER BY key_text
LIMIT 20;

-- store: no row before this instant is bound anew; being constant, it spares all others
SET VARIABLE dwc_changed_from = (SELECT MIN(_c._from) FROM changes AS _c WHERE _c._rebinds);

-- delivery: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO "dw"."store" ("store_key", "store_durable_key", "store_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT _c."store_durable_key", _c."store_durable_key", _c."store_id", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM changes AS _c
WHERE _c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_durable_key" = _c."store_durable_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_id" = _c."store_id")
  AND EXISTS (SELECT 1 FROM "dw"."delivery" AS _f WHERE _f."store_durable_key" = _c."store_durable_key");

-- delivery: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT _f."delivery_id", COALESCE(_v."store_key", -1) AS _bound, _f."ordered_at_utc" AS _at, _f."store_durable_key" AS _durable

FROM "dw"."delivery" AS _f
JOIN (SELECT DISTINCT "store_durable_key" AS _durable FROM changes WHERE _rebinds) AS _c ON _c._durable = _f."store_durable_key"
LEFT JOIN "dw"."store" AS _v
  ON _v."store_durable_key" = _f."store_durable_key"
  AND _f."ordered_at_utc" >= _v.valid_from AND LEAST(_f."ordered_at_utc", TIMESTAMP '9999-12-30 23:59:59.999999') < _v.valid_to
WHERE COALESCE(_v."store_key", -1) <> _f."store_key"
  AND _f."ordered_at_utc" >= getvariable('dwc_changed_from');

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE "dw"."delivery" AS _f
SET "store_key" = _r._bound
FROM rebound AS _r
WHERE _r."delivery_id" = _f."delivery_id"
  AND _f."ordered_at_utc" >= getvariable('dwc_changed_from');

-- a row here holds the load back: rows of fact `delivery` lie outside the version that role `store` binds them to
SELECT 'delivery_id=' || COALESCE(CAST(_r."delivery_id" AS VARCHAR), 'NULL') AS key_text FROM rebound AS _r LEFT JOIN "dw"."store" AS _d ON _d."store_durable_key" = _r._durable AND _d."store_key" = _r._bound AND _r._at >= _d.valid_from AND LEAST(_r._at, TIMESTAMP '9999-12-30 23:59:59.999999') < _d.valid_to WHERE _r._bound >= 0 AND _d."store_key" IS NULL ORDER BY key_text LIMIT 20;

-- order_line: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO "dw"."store" ("store_key", "store_durable_key", "store_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT _c."store_durable_key", _c."store_durable_key", _c."store_id", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM changes AS _c
WHERE _c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_durable_key" = _c."store_durable_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_id" = _c."store_id")
  AND EXISTS (SELECT 1 FROM "dw"."order_line" AS _f WHERE _f."store_durable_key" = _c."store_durable_key");

-- order_line: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT _f."order_id", _f."line_no", COALESCE(_v."store_key", -1) AS _bound, _f."ordered_at_utc" AS _at, _f."store_durable_key" AS _durable

FROM "dw"."order_line" AS _f
JOIN (SELECT DISTINCT "store_durable_key" AS _durable FROM changes WHERE _rebinds) AS _c ON _c._durable = _f."store_durable_key"
LEFT JOIN "dw"."store" AS _v
  ON _v."store_durable_key" = _f."store_durable_key"
  AND _f."ordered_at_utc" >= _v.valid_from AND LEAST(_f."ordered_at_utc", TIMESTAMP '9999-12-30 23:59:59.999999') < _v.valid_to
WHERE COALESCE(_v."store_key", -1) <> _f."store_key"
  AND _f."ordered_at_utc" >= getvariable('dwc_changed_from');

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE "dw"."order_line" AS _f
SET "store_key" = _r._bound
FROM rebound AS _r
WHERE _r."order_id" = _f."order_id" AND _r."line_no" = _f."line_no"
  AND _f."ordered_at_utc" >= getvariable('dwc_changed_from');

-- a row here holds the load back: rows of fact `order_line` lie outside the version that role `store` binds them to
SELECT 'order_id=' || COALESCE(CAST(_r."order_id" AS VARCHAR), 'NULL') || ', line_no=' || COALESCE(CAST(_r."line_no" AS VARCHAR), 'NULL') AS key_text FROM rebound AS _r LEFT JOIN "dw"."store" AS _d ON _d."store_durable_key" = _r._durable AND _d."store_key" = _r._bound AND _r._at >= _d.valid_from AND LEAST(_r._at, TIMESTAMP '9999-12-30 23:59:59.999999') < _d.valid_to WHERE _r._bound >= 0 AND _d."store_key" IS NULL ORDER BY key_text LIMIT 20;

-- payment: a member that its events no longer give, and that the role `store` names, stays as an inferred one
INSERT INTO "dw"."store" ("store_key", "store_durable_key", "store_id", valid_from, valid_to, is_current, is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT _c."store_durable_key", _c."store_durable_key", _c."store_id", TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, TRUE, getvariable('dwc_batch')
FROM changes AS _c
WHERE _c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_durable_key" = _c."store_durable_key")
  AND NOT EXISTS (SELECT 1 FROM "dw"."store" AS _v WHERE _v."store_id" = _c."store_id")
  AND EXISTS (SELECT 1 FROM "dw"."payment" AS _f WHERE _f."store_durable_key" = _c."store_durable_key");

-- payment: rows that look up a member whose versions changed are bound anew in the role `store`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT _f."payment_id", COALESCE(_v."store_key", -1) AS _bound, _f."paid_at_utc" AS _at, _f."store_durable_key" AS _durable

FROM "dw"."payment" AS _f
JOIN (SELECT DISTINCT "store_durable_key" AS _durable FROM changes WHERE _rebinds) AS _c ON _c._durable = _f."store_durable_key"
LEFT JOIN "dw"."store" AS _v
  ON _v."store_durable_key" = _f."store_durable_key"
  AND _f."paid_at_utc" >= _v.valid_from AND LEAST(_f."paid_at_utc", TIMESTAMP '9999-12-30 23:59:59.999999') < _v.valid_to
WHERE COALESCE(_v."store_key", -1) <> _f."store_key"
  AND _f."paid_at_utc" >= getvariable('dwc_changed_from');

SELECT COUNT(*) AS rebound FROM rebound;

UPDATE "dw"."payment" AS _f
SET "store_key" = _r._bound
FROM rebound AS _r
WHERE _r."payment_id" = _f."payment_id"
  AND _f."paid_at_utc" >= getvariable('dwc_changed_from');

-- a row here holds the load back: rows of fact `payment` lie outside the version that role `store` binds them to
SELECT 'payment_id=' || COALESCE(CAST(_r."payment_id" AS VARCHAR), 'NULL') AS key_text FROM rebound AS _r LEFT JOIN "dw"."store" AS _d ON _d."store_durable_key" = _r._durable AND _d."store_key" = _r._bound AND _r._at >= _d.valid_from AND LEAST(_r._at, TIMESTAMP '9999-12-30 23:59:59.999999') < _d.valid_to WHERE _r._bound >= 0 AND _d."store_key" IS NULL ORDER BY key_text LIMIT 20;

WITH live AS (
SELECT 
  "_q"."store_id",
  "_q"."store_name",
  "_q"."grade",
  "_q"."region",
  "_q"."is_open",
  "_q"."business_type",
  "_q"."phone",
  coalesce(dwc_try_from_zone(CAST("_q"."updated_at" AS TIMESTAMP), 'Asia/Seoul'), CASE WHEN (date_part('year', "_q"."updated_at")) = 1 THEN TIMESTAMP '0001-01-01 00:00:00' WHEN (date_part('year', "_q"."updated_at")) = 9999 THEN TIMESTAMP '9999-12-31 23:59:59.999999' END) AS "_event_at",
  CAST(NULL AS BIGINT) AS "_event_sequence"
FROM (
  SELECT 
    "stores"."store_id",
    "stores"."store_name",
    "stores"."grade",
    "stores"."region",
    "stores"."business_type",
    "stores"."phone",
    "stores"."is_open",
    "stores"."updated_at"
  FROM (SELECT _r."store_id", _r."store_name", _r."grade", _r."region", _r."business_type", _r."phone", _r."is_open", _r."updated_at" FROM "dw_landing"."shop__stores" AS _r JOIN (SELECT DISTINCT "store_id" FROM members) AS _m ON _m."store_id" = _r."store_id") AS "stores"
) AS "_q"
)
SELECT 'store_id=' || COALESCE(CAST(_l."store_id" AS VARCHAR), 'NULL') AS key_text FROM live AS _l LEFT JOIN versions AS _d ON _d."store_id" = _l."store_id" AND _d.is_current WHERE _l."store_id" IS NOT NULL AND (_d."store_key" IS NULL OR _d.is_deleted OR _l."store_name" IS DISTINCT FROM _d."store_name" OR _l."grade" IS DISTINCT FROM _d."grade" OR _l."region" IS DISTINCT FROM _d."region" OR CASE _l."is_open" WHEN TRUE THEN 'Open' WHEN FALSE THEN 'Closed' END IS DISTINCT FROM _d."is_open" OR _l."business_type" IS DISTINCT FROM _d."business_type" OR _l."phone" IS DISTINCT FROM _d."phone")
UNION ALL
SELECT 'store_id=' || COALESCE(CAST(_d."store_id" AS VARCHAR), 'NULL') AS key_text FROM versions AS _d WHERE _d."store_key" >= 0 AND NOT _d.is_deleted AND NOT _d.is_inferred AND _d.is_current AND NOT EXISTS (SELECT 1 FROM live AS _l WHERE _l."store_id" = _d."store_id")
ORDER BY key_text
LIMIT 20;

