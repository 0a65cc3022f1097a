{% set at = "_s._told_at" if repeats else "_s._at" %}{% set state = "_s._told_state" if repeats else "_s._state" %}-- {{ address }}: the states of this batch in their order, each compared with the one before it
CREATE OR REPLACE TEMP TABLE batch_states AS
WITH ordered AS (
  SELECT
    _s.*,
    ROW_NUMBER() OVER (PARTITION BY {{ key|by("_s") }} ORDER BY {{ order|ascending("_s") }}) AS _nth,
    COUNT(*) OVER (PARTITION BY {{ key|by("_s") }}) AS _of
  FROM {{ stage }} AS _s
),
compared AS (
  SELECT
    _o.*,
    COALESCE(NOT _l._deleted, FALSE) AS _was_live,
    _o._deleted IS DISTINCT FROM _l._deleted OR {{ columns|differ_where_known("_o", "_l") }}{% if several %} OR COALESCE(_o._at < _l._at, FALSE){% endif %} AS _differs,
{% if several and keeps %}    -- a row that landed at a later time is compared with what was known of it before this one
    _l._at > _o._at AS _is_late,
    _o._deleted IS DISTINCT FROM _n._deleted OR {{ columns|differ("_o", "_n") }} AS _says,
{% endif %}    _o._deleted IS DISTINCT FROM LAG(_o._deleted) OVER states OR {{ columns|differ_from_lag("_o", "states") }} AS _follows,
    _o._nth = _o._of{% if newest %} AND COALESCE(_o.{{ newest|q }} >= _l.{{ newest|q }}, _l.{{ newest|q }} IS NULL){% endif %} AS _is_last
  FROM ordered AS _o
  LEFT JOIN {{ rows }} AS _l ON {{ key|equal("_l", "_o") }}
{% if several and keeps %}  LEFT JOIN {{ earlier }} AS _n ON {{ key|equal("_n", "_o") }}
{% endif %}  WINDOW states AS (PARTITION BY {{ key|by("_o") }} ORDER BY _o._nth)
){% if repeats %},
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
WINDOW told AS (PARTITION BY {{ key|by("_m") }} ORDER BY _m._nth ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
{% else %}
SELECT _c.*, CASE {% if several and keeps %}WHEN _c._nth = 1 AND _c._is_late THEN _c._says {% endif %}WHEN _c._nth = 1 THEN _c._differs ELSE _c._follows END AS _changed
FROM compared AS _c;
{% endif %}

-- counts of the run report
--? counts
SELECT
  COUNT(*) AS extracted,
  {{ d.count_if }}(_is_last AND NOT _deleted AND NOT _was_live) AS inserted,
  {{ d.count_if }}(_is_last AND NOT _deleted AND _was_live AND _differs) AS updated,
  {{ d.count_if }}(_is_last AND _deleted AND _was_live) AS deleted,
  {{ d.count_if }}(_is_last AND ((NOT _deleted AND _was_live AND NOT _differs) OR (_deleted AND NOT _was_live))) AS unchanged,
  {{ d.count_if }}(NOT _is_last) AS superseded
FROM batch_states;

-- the landed image of every row that is replaced, kept until each model has consumed the batch
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, 0, 'old', _l._at, _l._deleted, {{ columns|list("_l") }}
FROM {{ rows }} AS _l
JOIN (SELECT * FROM batch_states WHERE _is_last AND _differs) AS _s ON {{ key|equal("_s", "_l") }};

-- every state that differs from the one before it
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, _s._state, 'new', _s._at, _s._deleted, {{ columns|list("_s") }}
FROM batch_states AS _s
WHERE _s._changed;
{% if keeps and not several %}
-- a state that a reading gives once more is kept once, as the last one
DELETE FROM {{ changes }} AS _c
WHERE _c._image = 'new' AND _c._batch < {{ d.batch }}
  AND {{ key|among("_c", "batch_states") }}
  AND EXISTS (
    SELECT 1 FROM batch_states AS _s
    WHERE {{ key|equal("_s", "_c") }} AND _s._changed AND _s._deleted = _c._deleted{% if by_time %} AND _s._at = _c._at{% endif %}

      AND NOT ({{ columns|differ("_s", "_c") }})
  );
{% endif %}
-- the last state of every key becomes the landed row{% if newest %}, unless a later one landed before{% endif %}; a deleted row stays as its own trace
MERGE INTO {{ rows }} AS _t
USING (SELECT * FROM batch_states WHERE _is_last AND _differs) AS _s
ON {{ key|equal("_t", "_s") }}
WHEN MATCHED AND _s._deleted THEN
  UPDATE SET {{ values|assign_known("_s", "_t") }}_deleted = TRUE, _at = {{ at }}, _batch = {{ d.batch }}, _state = {{ state }}
WHEN MATCHED AND NOT _s._deleted THEN
  UPDATE SET {{ values|assign("_s") }}_deleted = FALSE, _at = {{ at }}, _batch = {{ d.batch }}, _state = {{ state }}
WHEN NOT MATCHED THEN
  INSERT ({{ columns|list }}, _deleted, _at, _batch, _state)
  VALUES ({{ columns|list("_s") }}, _s._deleted, {{ at }}, {{ d.batch }}, {{ state }});
{% if keeps and several %}
-- a snapshot that is read once more says anew what it changed
DELETE FROM {{ changes }} AS _c
WHERE _c._image = 'new' AND _c._batch < {{ d.batch }} AND _c._at = {{ d.at }}
  AND NOT EXISTS (SELECT 1 FROM {{ rows }} AS _r WHERE {{ key|equal("_r", "_c") }} AND _r._batch = _c._batch AND _r._state = _c._state);
{% endif %}
