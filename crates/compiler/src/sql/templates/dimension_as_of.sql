{% for one in tables %}{% if one.pairs %}-- {{ model }}: which rows of {{ one.address }} have ever contributed to which members
CREATE OR REPLACE TEMP TABLE pairs_{{ loop.index }} AS
SELECT DISTINCT {{ key|folded("_p") }}, _p._row
FROM (
{% for text in one.pairs %}{% if not loop.first %}
  UNION ALL
{% endif %}{{ text }}{% endfor %}

) AS _p{% if touched %}
JOIN touched AS _t ON {{ touched|equal_or_null("_t", "_p") }}{% endif %};

{% endif %}-- {{ model }}: the states of these rows in time; of the states of one instant the last holds, and of a row that went at
-- this very instant the last live one is known beside it
CREATE OR REPLACE TEMP TABLE states_{{ loop.index }} AS
WITH landed AS (
{{ one.states }}
),
{% if one.by_arrival or one.cancels %}placed AS (
  SELECT
    _l.*,
    MAX(CASE WHEN NOT _l._deleted THEN _l._from END) OVER earlier AS _live_at,
    MIN(CASE WHEN NOT _l._deleted THEN _l._from END) OVER earlier AS _first_at,
    MAX(CASE WHEN _l._deleted THEN _l._from END) OVER earlier AS _gone_at
  FROM landed AS _l
{% if one.pairs %}  JOIN (SELECT DISTINCT _row FROM pairs_{{ loop.index }}) AS _p ON _p._row = _l._row
{% endif %}  WINDOW earlier AS (PARTITION BY _l._row ORDER BY _l._batch, _l._state ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
told AS (
  SELECT
    {{ one.columns|list("_p") }}, _p._row, _p._deleted, _p._batch, _p._state, {% if one.ends %}_p._ends, {% endif %}{% if one.by_arrival %}CASE
      -- it comes back, and its instant is the one that it had when it went
      WHEN NOT _p._deleted AND _p._from <= _p._gone_at AND _p._gone_at < _p._seen_at AND _p._from >= COALESCE(_p._live_at, _p._from) THEN _p._seen_at
      -- it goes, and its instant is the one since which it was there
      WHEN _p._deleted AND _p._from = _p._own_at AND _p._from = _p._live_at AND _p._seen_at > _p._from THEN _p._seen_at
      ELSE _p._from
    END AS _from{% else %}_p._from{% endif %}

  FROM placed AS _p
{% if one.cancels %}  -- what would only have begun after the delete never does
  WHERE NOT EXISTS (
    SELECT 1 FROM landed AS _d
    WHERE _d._row = _p._row AND NOT _p._deleted AND _d._deleted AND _p._from > _d._from AND _p._from < _d._own_at
      AND (_p._batch < _d._batch OR (_p._batch = _d._batch AND _p._state < _d._state))
  )
  UNION ALL
  SELECT {{ one.columns|list("_p") }}, _p._row, TRUE, _p._batch, _p._state, {% if one.ends %}_p._ends, {% endif %}_p._own_at
  FROM placed AS _p
  WHERE _p._deleted AND _p._own_at > _p._from
{% endif %}{% if one.unseen %}  UNION ALL
  -- a row that was gone before a batch saw it had been there until then
  SELECT {{ one.columns|list("_p") }}, _p._row, FALSE, _p._batch, _p._state, {% if one.ends %}_p._ends, {% endif %}_p._from - INTERVAL 1 MICROSECOND
  FROM placed AS _p
  WHERE _p._deleted AND _p._from <= _p._first_at
{% endif %}),
{% endif %}{% if one.latest %}-- how far the order of the states had come before each instant
reached AS (
  SELECT
    _n._row, _n._from, MAX(_n._latest) OVER (PARTITION BY _n._row ORDER BY _n._from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _latest
  FROM (
    SELECT _l._row, _l._from, MAX(_l.{{ one.latest.name|q }}) AS _latest
    FROM {% if one.by_arrival or one.cancels %}told{% else %}landed{% endif %} AS _l
{% if one.pairs and not (one.by_arrival or one.cancels) %}    JOIN (SELECT DISTINCT _row FROM pairs_{{ loop.index }}) AS _p ON _p._row = _l._row
{% endif %}{% if one.keeps_deleted %}    WHERE NOT _l._deleted
{% endif %}    GROUP BY _l._row, _l._from
  ) AS _n
),
{% endif %}moments AS (
  SELECT
    {{ one.columns|list("_l") }}, _l._row, _l._deleted, {% if one.first_reading %}_l._batch, {% endif %}{% if one.ends %}_l._ends, {% endif %}LEAST(_l._from, {{ d.last_instant }}) AS _from,
    ROW_NUMBER() OVER (PARTITION BY _l._row, LEAST(_l._from, {{ d.last_instant }}) ORDER BY {{ one.order|latest("_l") }}) AS _place,
    ROW_NUMBER() OVER (PARTITION BY _l._row, LEAST(_l._from, {{ d.last_instant }}), _l._deleted ORDER BY {{ one.order|latest("_l") }}) AS _of_kind,
    FIRST_VALUE(_l._deleted) OVER (PARTITION BY _l._row, LEAST(_l._from, {{ d.last_instant }}) ORDER BY {{ one.order|latest("_l") }}) AS _went
  FROM {% if one.by_arrival or one.cancels %}told{% else %}landed{% endif %} AS _l
{% if one.pairs and not (one.by_arrival or one.cancels) %}  JOIN (SELECT DISTINCT _row FROM pairs_{{ loop.index }}) AS _p ON _p._row = _l._row
{% endif %}  WHERE {% if one.keeps_deleted %}NOT _l._deleted{% else %}TRUE{% endif %}
{% if one.latest %}    -- a state that comes after a greater one never held
    AND NOT EXISTS (
      SELECT 1 FROM reached AS _r
      WHERE _r._row = _l._row AND _r._from = _l._from AND COALESCE(_r._latest > _l.{{ one.latest.name|q }}, _r._latest IS NOT NULL)
    )
{% endif %})
SELECT
  {{ one.columns|list("_m") }}, _m._row, _m._deleted, {% if one.ends %}_m._ends, {% endif %}{% if one.reaches_back or one.first_reading %}CASE
    WHEN ROW_NUMBER() OVER (PARTITION BY _m._row ORDER BY _m._from) = 1{% if one.first_reading %} AND NOT _m._deleted AND _m._batch = (SELECT MIN(_l._batch) FROM landed AS _l){% endif %} THEN {{ d.beginning }} ELSE _m._from
  END AS _from{% else %}_m._from{% endif %},
  LEAD(_m._from) OVER (PARTITION BY _m._row ORDER BY _m._from) AS _until,
  FALSE AS _early
FROM moments AS _m
WHERE _m._place = 1
UNION ALL
SELECT {{ one.columns|list("_m") }}, _m._row, _m._deleted, {% if one.ends %}_m._ends, {% endif %}_m._from, _m._from + INTERVAL 1 MICROSECOND, TRUE
FROM moments AS _m
WHERE _m._went AND NOT _m._deleted AND _m._of_kind = 1;

{% endfor %}{% if keyed %}-- {{ model }}: a slot for each instant at which a row changed that contributes to a member
CREATE OR REPLACE TEMP TABLE slots AS
SELECT
  _k.*,
  ROW_NUMBER() OVER (ORDER BY _k._at, NOT _k._early) AS _slot,
  ROW_NUMBER() OVER (PARTITION BY {{ key|by("_k") }} ORDER BY _k._at, NOT _k._early) AS _nth,
  ROW_NUMBER() OVER (PARTITION BY {{ key|by("_k") }} ORDER BY _k._at DESC, _k._early) AS _left
FROM (
{% for one in tables %}{% if not loop.first %}  UNION DISTINCT
{% endif %}  SELECT {{ key|list("_p") }}, _s._from AS _at, _s._early
  FROM pairs_{{ loop.index }} AS _p
  JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row
{% if one.ends %}  UNION DISTINCT
  SELECT {{ key|list("_p") }}, _s._ends AS _at, FALSE
  FROM pairs_{{ loop.index }} AS _p
  JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row
  WHERE NOT _s._early AND _s._ends > _s._from AND _s._ends < COALESCE(_s._until, {{ d.far_future }})
{% endif %}{% endfor %}) AS _k;

{% else %}-- {{ model }}: a slot for each instant at which a row changed
CREATE OR REPLACE TEMP TABLE instants AS
SELECT _k._at, _k._early, ROW_NUMBER() OVER (ORDER BY _k._at, NOT _k._early) AS _slot
FROM (
{% for one in tables %}{% if not loop.first %}  UNION DISTINCT
{% endif %}  SELECT _s._from AS _at, _s._early FROM states_{{ loop.index }} AS _s
{% if one.ends %}  UNION DISTINCT
  SELECT _s._ends AS _at, FALSE FROM states_{{ loop.index }} AS _s
  WHERE NOT _s._early AND _s._ends > _s._from AND _s._ends < COALESCE(_s._until, {{ d.far_future }})
{% endif %}{% endfor %}) AS _k;

{% endif %}{% for one in tables %}-- {{ model }}: {{ one.address }} as of each slot
CREATE OR REPLACE TEMP TABLE as_of_{{ loop.index }} AS
SELECT {{ one.columns|list("_s") }}, _k._slot
{% if keyed %}FROM slots AS _k
JOIN pairs_{{ loop.index }} AS _p ON {{ key|equal_or_null("_p", "_k") }}
JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row AND _s._from <= _k._at AND _k._at < COALESCE(_s._until, {{ d.far_future }})
{% else %}FROM instants AS _k
JOIN states_{{ loop.index }} AS _s ON _s._from <= _k._at AND _k._at < COALESCE(_s._until, {{ d.far_future }})
{% endif %}WHERE NOT _s._deleted AND (_k._early OR NOT _s._early){% if one.ends %} AND (_s._ends IS NULL OR _k._at < _s._ends){% endif %};

{% endfor %}-- {{ model }}: the query at every slot, each table as of its instant
CREATE OR REPLACE TEMP TABLE evaluated AS
{{ query }};

{% if not keyed %}-- {{ model }}: the slots of each member: those that have it, and the first after them
CREATE OR REPLACE TEMP TABLE slots AS
WITH places AS (
  SELECT {{ key|folded("_e") }}, _e._slot FROM evaluated AS _e
  UNION DISTINCT
  SELECT {{ key|folded("_e") }}, _e._slot + 1 FROM evaluated AS _e
)
SELECT
  {{ key|list("_p") }}, _i._at, _i._early, _p._slot,
  ROW_NUMBER() OVER (PARTITION BY {{ key|by("_p") }} ORDER BY _p._slot) AS _nth,
  ROW_NUMBER() OVER (PARTITION BY {{ key|by("_p") }} ORDER BY _p._slot DESC) AS _left
FROM places AS _p
JOIN instants AS _i ON _i._slot = _p._slot;

{% endif %}-- {{ model }}: one event per member and slot; of several rows the one that holds since the latest instant
CREATE OR REPLACE TEMP TABLE incoming AS
WITH held AS (
  SELECT _e.*, _k._nth
  FROM slots AS _k
  JOIN evaluated AS _e ON _e._slot = _k._slot AND {{ key|equal_or_null("_e", "_k") }}
  WHERE {% if ends %}_e._event_to IS NULL OR _e._event_to > _k._at{% else %}TRUE{% endif %}

  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY _e._slot, {{ key|by("_e") }} ORDER BY _e._event_at DESC, _e._event_sequence DESC{{ tie_break }}
  ) = 1
)
SELECT
  {{ key|spelled_or_folded("_k", "_h") }}, {% for one in attributes %}_h.{{ one.name|q }}, {% endfor %}

  LEAST({% if dated == "by_slot" %}GREATEST(_k._at, COALESCE(_h._event_at, _k._at)){% else %}CASE
    WHEN _k._nth = MIN(_h._nth) OVER (PARTITION BY {{ key|by("_k") }}, _h._event_at) THEN COALESCE(_h._event_at, _k._at)
    ELSE GREATEST(_k._at, COALESCE(_h._event_at, _k._at))
  END{% endif %}, {{ d.last_instant }}) AS _event_at,
  {{ no_sequence }} AS _event_sequence,
  {{ d.batch }} AS _batch,
  -- the slots of a member in their order; below zero, where no landed state is counted
  -_k._left AS _state,
  _h._slot IS NULL AS _gone
FROM slots AS _k
LEFT JOIN held AS _h ON _h._slot = _k._slot AND {{ key|equal_or_null("_h", "_k") }}
WHERE ((_k._left = 1 AND _h._slot IS NOT NULL) OR ({{ key|not_null("_k") }})) AND NOT (_k._early AND _h._slot IS NULL)
QUALIFY _k._nth >= MIN(_h._nth) OVER (PARTITION BY {{ key|by("_k") }});
