-- {{ address }}: the states of this batch in their order, each compared with the one before it
CREATE OR REPLACE TEMP TABLE batch_states AS
WITH ordered AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (PARTITION BY {{ key|names("s") }} ORDER BY {{ order|ascending("s") }}) AS _nth,
    COUNT(*) OVER (PARTITION BY {{ key|names("s") }}) AS _of
  FROM {{ stage }} AS s
),
compared AS (
  SELECT
    o.*,
    COALESCE(NOT l._deleted, FALSE) AS _was_live,
    o._deleted IS DISTINCT FROM l._deleted OR {{ columns|differ("o", "l") }} AS _differs,
    o._deleted IS DISTINCT FROM LAG(o._deleted) OVER states OR {{ columns|differ_from_lag("o", "states") }} AS _follows,
    o._nth = o._of{% if newest %} AND COALESCE(o.{{ newest|q }} >= l.{{ newest|q }}, l.{{ newest|q }} IS NULL){% endif %} AS _is_last
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
  {{ d.count_if }}(_is_last AND NOT _deleted AND NOT _was_live) AS inserted,
  {{ d.count_if }}(_is_last AND NOT _deleted AND _was_live AND _differs) AS updated,
  {{ d.count_if }}(_is_last AND _deleted AND _was_live) AS deleted,
  {{ d.count_if }}(_is_last AND ((NOT _deleted AND _was_live AND NOT _differs) OR (_deleted AND NOT _was_live))) AS unchanged,
  {{ d.count_if }}(NOT _is_last) AS superseded
FROM batch_states;

-- the landed image of every row that is replaced, kept until each model has consumed the batch
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, 0, 'old', l._at, l._deleted, {{ columns|list("l") }}
FROM {{ rows }} AS l
WHERE EXISTS (SELECT 1 FROM batch_states AS s WHERE s._is_last AND s._differs AND {{ key|equal("s", "l") }});

-- every state that differs from the one before it
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, s._state, 'new', s._at, s._deleted, {{ columns|list("s") }}
FROM batch_states AS s
WHERE s._changed;

-- the last state of every key becomes the landed row{% if newest %}, unless a later one landed before{% endif %}; a deleted row stays as its own trace
MERGE INTO {{ rows }} AS t
USING (SELECT * FROM batch_states WHERE _is_last AND _differs) AS s
ON {{ key|equal("t", "s") }}
WHEN MATCHED AND s._deleted THEN
  UPDATE SET {{ values|assign_known("s", "t") }}_deleted = TRUE, _at = s._at, _batch = {{ d.batch }}, _state = s._state
WHEN MATCHED AND NOT s._deleted THEN
  UPDATE SET {{ values|assign("s") }}_deleted = FALSE, _at = s._at, _batch = {{ d.batch }}, _state = s._state
WHEN NOT MATCHED THEN
  INSERT ({{ columns|list }}, _deleted, _at, _batch, _state)
  VALUES ({{ columns|list("s") }}, s._deleted, s._at, {{ d.batch }}, s._state);
