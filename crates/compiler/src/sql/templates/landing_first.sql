-- counts of the run report, of a batch with one state per key for a table that has no rows yet
--? counts
SELECT
  COUNT(*) AS extracted,
  {{ d.count_if }}(NOT _s._deleted) AS inserted,
  {{ d.count_if }}(_s._deleted) AS unchanged
FROM {{ stage }} AS _s;

-- every state is new
INSERT INTO {{ changes }} (_batch, _state, _image, _at, _deleted, {{ columns|list }})
SELECT {{ d.batch }}, _s._state, 'new', _s._at, _s._deleted, {{ columns|list("_s") }}
FROM {{ stage }} AS _s;

-- and the landed row; a deleted row stays as its own trace
INSERT INTO {{ rows }} ({{ columns|list }}, _deleted, _at, _batch, _state)
SELECT {{ columns|list("_s") }}, _s._deleted, _s._at, {{ d.batch }}, _s._state
FROM {{ stage }} AS _s;
