{% for one in tables %}{% if one.pairs %}-- {{ model }}: which rows of {{ one.address }} have ever contributed to which members
CREATE OR REPLACE TEMP TABLE pairs_{{ loop.index }} AS
SELECT DISTINCT {{ key|list("_p") }}, _p._row
FROM (
{% for text in one.pairs %}{% if not loop.first %}
  UNION ALL
{% endif %}{{ text }}{% endfor %}
) AS _p{% if touched %}
JOIN touched AS _t ON {{ touched|equal_or_null("_t", "_p") }}{% endif %};

{% endif %}-- {{ model }}: the states of these rows in time; of the states of one instant the last holds
CREATE OR REPLACE TEMP TABLE states_{{ loop.index }} AS
WITH landed AS (
{{ one.states }}
),
moments AS (
  SELECT _l.*
  FROM landed AS _l
{% if one.pairs %}  JOIN (SELECT DISTINCT _row FROM pairs_{{ loop.index }}) AS _p ON _p._row = _l._row
{% endif %}  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY _l._row, _l._from ORDER BY {{ one.order|latest("_l") }}) = 1
)
SELECT
  {{ one.columns|list("_m") }}, _m._row, _m._deleted, {% if one.ends %}_m._ends, {% endif %}{% if one.reaches_back %}CASE
    WHEN ROW_NUMBER() OVER (PARTITION BY _m._row ORDER BY _m._from) = 1 THEN {{ d.beginning }} ELSE _m._from
  END AS _from{% else %}_m._from{% endif %},
  LEAD(_m._from) OVER (PARTITION BY _m._row ORDER BY _m._from) AS _until
FROM moments AS _m;

{% endfor %}{% if keyed %}-- {{ model }}: a slot for each instant at which a row changed that contributes to a member
CREATE OR REPLACE TEMP TABLE slots AS
SELECT
  _k.*,
  ROW_NUMBER() OVER (ORDER BY _k._at) AS _slot,
  ROW_NUMBER() OVER (PARTITION BY {{ key|list("_k") }} ORDER BY _k._at) AS _nth,
  ROW_NUMBER() OVER (PARTITION BY {{ key|list("_k") }} ORDER BY _k._at DESC) = 1 AS _is_last
FROM (
{% for one in tables %}{% if not loop.first %}  UNION DISTINCT
{% endif %}  SELECT {{ key|list("_p") }}, _s._from AS _at
  FROM pairs_{{ loop.index }} AS _p
  JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row
{% if one.ends %}  UNION DISTINCT
  SELECT {{ key|list("_p") }}, _s._ends AS _at
  FROM pairs_{{ loop.index }} AS _p
  JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row
  WHERE _s._ends < {{ d.far_future }}
{% endif %}{% endfor %}) AS _k;
{% else %}-- {{ model }}: a slot for each instant at which a row changed
CREATE OR REPLACE TEMP TABLE instants AS
SELECT _k._at, ROW_NUMBER() OVER (ORDER BY _k._at) AS _slot
FROM (
{% for one in tables %}{% if not loop.first %}  UNION DISTINCT
{% endif %}  SELECT _s._from AS _at FROM states_{{ loop.index }} AS _s
{% if one.ends %}  UNION DISTINCT
  SELECT _s._ends AS _at FROM states_{{ loop.index }} AS _s WHERE _s._ends < {{ d.far_future }}
{% endif %}{% endfor %}) AS _k;
{% endif %}
{% for one in tables %}-- {{ model }}: {{ one.address }} as of each slot
CREATE OR REPLACE TEMP TABLE as_of_{{ loop.index }} AS
SELECT {{ one.columns|list("_s") }}, _k._slot
{% if keyed %}FROM slots AS _k
JOIN pairs_{{ loop.index }} AS _p ON {{ key|equal_or_null("_p", "_k") }}
JOIN states_{{ loop.index }} AS _s ON _s._row = _p._row AND _s._from <= _k._at AND _k._at < COALESCE(_s._until, {{ d.far_future }})
{% else %}FROM instants AS _k
JOIN states_{{ loop.index }} AS _s ON _s._from <= _k._at AND _k._at < COALESCE(_s._until, {{ d.far_future }})
{% endif %}WHERE NOT _s._deleted;

{% endfor %}-- {{ model }}: the query at every slot, each table as of its instant
CREATE OR REPLACE TEMP TABLE evaluated AS
{{ query }};

{% if not keyed %}-- {{ model }}: the slots of each member: those that have it, and the first after them
CREATE OR REPLACE TEMP TABLE slots AS
WITH places AS (
  SELECT {{ key|list("_e") }}, _e._slot FROM evaluated AS _e
  UNION DISTINCT
  SELECT {{ key|list("_e") }}, _e._slot + 1 FROM evaluated AS _e
)
SELECT
  {{ key|list("_p") }}, _i._at, _p._slot,
  ROW_NUMBER() OVER (PARTITION BY {{ key|list("_p") }} ORDER BY _i._at) AS _nth,
  ROW_NUMBER() OVER (PARTITION BY {{ key|list("_p") }} ORDER BY _i._at DESC) = 1 AS _is_last
FROM places AS _p
JOIN instants AS _i ON _i._slot = _p._slot;

{% endif %}-- {{ model }}: one event per member and slot; where the query gives several rows, the one that holds since the latest instant
CREATE OR REPLACE TEMP TABLE incoming AS
WITH held AS (
  SELECT _e.*, _k._at, _k._nth
  FROM slots AS _k
  JOIN evaluated AS _e ON _e._slot = _k._slot AND {{ key|equal_or_null("_e", "_k") }}
  WHERE {% if ends %}_e._event_to IS NULL OR _e._event_to > _k._at{% else %}TRUE{% endif %}

  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY _e._slot, {{ key|list("_e") }} ORDER BY _e._event_at DESC, _e._event_sequence DESC{{ tie_break }}
  ) = 1
)
SELECT
  {{ key|list("_k") }}, {% for one in attributes %}_h.{{ one.name|q }}, {% endfor %}

  {% if dated == "by_slot" %}GREATEST(_k._at, COALESCE(_h._event_at, _k._at)){% else %}CASE
    WHEN _k._nth = MIN(_h._nth) OVER (PARTITION BY {{ key|list("_k") }}, _h._event_at) THEN COALESCE(_h._event_at, _k._at)
    ELSE GREATEST(_k._at, COALESCE(_h._event_at, _k._at))
  END{% endif %} AS _event_at,
  {{ no_sequence }} AS _event_sequence,
  {{ d.batch }} AS _batch,
  _k._nth AS _state,
  _h._slot IS NULL AS _gone
FROM slots AS _k
LEFT JOIN held AS _h ON _h._slot = _k._slot AND {{ key|equal_or_null("_h", "_k") }}
WHERE (_k._is_last AND _h._slot IS NOT NULL) OR ({{ key|not_null("_k") }})
QUALIFY _k._nth >= MIN(_h._nth) OVER (PARTITION BY {{ key|list("_k") }});
