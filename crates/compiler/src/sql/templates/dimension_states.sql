-- {{ model }}: every state that landed since the last load is an event of its member
CREATE OR REPLACE TEMP TABLE incoming AS
{% if placing.by_arrival or placing.cancels %}WITH states AS (
{{ query }}
),
-- beside them what is kept of the same members, but for what is computed anew
arrivals AS (
  SELECT {{ names|list("_s") }}, _s._event_at, _s._event_sequence, _s._batch, _s._state, _s._gone, _s._own_at, _s._seen_at, TRUE AS _is_new
  FROM states AS _s
  UNION ALL
  SELECT {{ names|list("_h") }}, _h._event_at, _h._event_sequence, _h._batch, _h._state, _h._gone, _h._event_at, _h._event_at, FALSE
  FROM {{ history }} AS _h
  JOIN (SELECT DISTINCT {{ key|folded("_s") }} FROM states AS _s) AS _m ON {{ key|equal("_m", "_h") }}
  WHERE NOT EXISTS (SELECT 1 FROM states AS _s WHERE {{ key|equal("_s", "_h") }} AND _s._batch = _h._batch AND _s._state = _h._state)
),
-- the latest instants at which the states before each had the member live, and gone
placed AS (
  SELECT
    _a.*,
    MAX(CASE WHEN NOT _a._gone THEN _a._event_at END) OVER earlier AS _live_at,
    MIN(CASE WHEN NOT _a._gone THEN _a._event_at END) OVER earlier AS _first_at,
    MAX(CASE WHEN _a._gone THEN _a._event_at END) OVER earlier AS _gone_at
  FROM arrivals AS _a
  WINDOW earlier AS (PARTITION BY {{ key|by("_a") }} ORDER BY _a._batch, _a._state ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT
  {{ names|list("_p") }},
  {% if placing.by_arrival %}CASE
    -- it comes back, and its instant is the one that it had when it went
    WHEN NOT _p._gone AND _p._event_at <= _p._gone_at AND _p._gone_at < _p._seen_at AND _p._event_at >= COALESCE(_p._live_at, _p._event_at) THEN _p._seen_at
    -- it goes, and its instant is the one since which it was there
    WHEN _p._gone AND _p._event_at = _p._own_at AND _p._event_at = _p._live_at AND _p._seen_at > _p._event_at THEN _p._seen_at
    ELSE LEAST(_p._event_at, {{ d.last_instant }})
  END{% else %}LEAST(_p._event_at, {{ d.last_instant }}){% endif %} AS _event_at,
  _p._event_sequence, _p._batch, _p._state, _p._gone
FROM placed AS _p
WHERE _p._is_new
{% if placing.cancels %}UNION ALL
-- what would only have begun after the delete never does
SELECT {{ names|list("_p") }}, LEAST(_p._own_at, {{ d.last_instant }}), _p._event_sequence, _p._batch, _p._state, TRUE
FROM placed AS _p
WHERE _p._is_new AND _p._gone AND _p._own_at > _p._event_at
{% endif %}{% if placing.unseen %}UNION ALL
-- a member that was gone before a batch saw it had been there until then
SELECT {{ names|list("_p") }}, _p._event_at - INTERVAL 1 MICROSECOND, _p._event_sequence, _p._batch, _p._state, FALSE
FROM placed AS _p
WHERE _p._is_new AND _p._gone AND _p._event_at <= _p._first_at
{% endif %}{% if placing.tells %}UNION ALL
-- a row that says when it was deleted says, too, what it was until then
SELECT {{ names|list("_p") }}, LEAST(_p._own_at, {{ d.last_instant }}), _p._event_sequence, _p._batch, _p._state, FALSE
FROM placed AS _p
WHERE _p._is_new AND _p._gone AND _p._own_at < _p._event_at
{% endif %}{% else %}SELECT {{ names|list("_s") }}, LEAST(_s._event_at, {{ d.last_instant }}) AS _event_at, _s._event_sequence, _s._batch, _s._state, _s._gone
FROM (
{{ query }}
) AS _s
{% endif %};
