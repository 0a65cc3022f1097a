-- {{ address }}: the states of this batch in their order, each compared with the one before it
CREATE OR REPLACE TEMP TABLE batch_states AS
WITH ordered AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (PARTITION BY {{ key|names("s") }} ORDER BY {{ order|names("s") }}) AS _nth,
    COUNT(*) OVER (PARTITION BY {{ key|names("s") }}) AS _of
  FROM {{ stage }} AS s
),
compared AS (
  SELECT
    o.*,
    COALESCE(NOT l._deleted, FALSE) AS _was_live,
    o._deleted <> COALESCE(l._deleted, TRUE)
      OR (NOT o._deleted AND ({{ columns|differ("o", "l") }})) AS _differs,
    o._deleted IS DISTINCT FROM LAG(o._deleted) OVER states
      OR (NOT o._deleted AND ({{ columns|differ_from_lag("o", "states") }})) AS _follows
  FROM ordered AS o
  LEFT JOIN {{ rows }} AS l ON {{ key|equal("l", "o") }}
  WINDOW states AS (PARTITION BY {{ key|names("o") }} ORDER BY o._nth)
)
SELECT c.*, CASE WHEN c._nth = 1 THEN c._differs ELSE c._follows END AS _changed
FROM compared AS c;

-- counts of the run report
--? counts
SELECT
  COUNT(*) AS extracted,
  {{ d.count_if }}(_nth = _of AND NOT _deleted AND NOT _was_live) AS inserted,
  {{ d.count_if }}(_nth = _of AND NOT _deleted AND _was_live AND _differs) AS updated,
  {{ d.count_if }}(_nth = _of AND _deleted AND _was_live) AS deleted,
  {{ d.count_if }}(_nth = _of AND ((NOT _deleted AND _was_live AND NOT _differs) OR (_deleted AND NOT _was_live))) AS unchanged,
  {{ d.count_if }}(_nth < _of) AS superseded
FROM batch_states;

-- the landed image of every row that changes, kept until each model has consumed the batch
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, 0, 'old', l._at, l._deleted, {{ columns|list("l") }}
FROM {{ rows }} AS l
WHERE EXISTS (SELECT 1 FROM batch_states AS s WHERE s._changed AND {{ key|equal("s", "l") }});

-- every state that differs from the one before it
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, s._state, 'new', s._at, s._deleted, {{ columns|list("s") }}
FROM batch_states AS s
WHERE s._changed;

-- the last state of every key becomes the landed row; a deleted row stays as its own trace
MERGE INTO {{ rows }} AS t
USING (SELECT * FROM batch_states WHERE _nth = _of AND _differs) AS s
ON {{ key|equal("t", "s") }}
WHEN MATCHED AND s._deleted THEN
  UPDATE SET _deleted = TRUE, _at = s._at, _batch = {{ d.batch }}, _state = s._state
WHEN MATCHED AND NOT s._deleted THEN
  UPDATE SET {{ values|assign("s") }}_deleted = FALSE, _at = s._at, _batch = {{ d.batch }}, _state = s._state
WHEN NOT MATCHED AND NOT s._deleted THEN
  INSERT ({{ columns|list }}, _deleted, _at, _batch, _state)
  VALUES ({{ columns|list("s") }}, FALSE, s._at, {{ d.batch }}, s._state);
