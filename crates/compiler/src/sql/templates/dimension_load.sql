-- {{ model }}: the members whose timeline is computed anew, with the events that are kept of them
{% if rebuilds %}CREATE OR REPLACE TEMP TABLE forgotten AS
SELECT _h.* FROM {{ history }} AS _h WHERE _h._event_at >= {{ d.from }};

DELETE FROM incoming AS _i WHERE _i._event_at < {{ d.from }};

--? lost
SELECT COUNT(*) AS lost
FROM (
  SELECT DISTINCT {{ key|folded("_f") }}, _f._event_at
  FROM forgotten AS _f
  WHERE NOT EXISTS (SELECT 1 FROM incoming AS _i WHERE _i._event_at = _f._event_at AND {{ key|equal("_i", "_f") }})
) AS _l;

DELETE FROM {{ history }} AS _h WHERE _h._event_at >= {{ d.from }};

CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|folded("_i") }} FROM incoming AS _i WHERE {{ key|not_null("_i") }}
UNION DISTINCT
SELECT {{ key|folded("_f") }} FROM forgotten AS _f;
{% else %}CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|folded("_i") }} FROM incoming AS _i WHERE {{ key|not_null("_i") }}{% if whole %}
-- members that landing no longer gives, such as deleted ones, have their events
UNION DISTINCT
SELECT {{ key|folded("_h") }} FROM {{ history }} AS _h{% elif replaces %}
-- members that were touched and that the query gives no more have their events
UNION DISTINCT
SELECT {{ key|folded("_h") }} FROM {{ history }} AS _h JOIN touched AS _t ON {{ touched|equal("_t", "_h") }}{% endif %};
{% endif %}{% if replaces %}
-- {{ model }}: what is landed gives all events of these members anew; those from before the first landed state stay
CREATE OR REPLACE TEMP TABLE replaced AS
SELECT {{ key|list("_m") }}, MIN(_i._event_at) AS _from
FROM members AS _m
LEFT JOIN incoming AS _i ON {{ key|equal("_i", "_m") }}
GROUP BY {{ key|list("_m") }};

DELETE FROM {{ history }} AS _h
WHERE {{ key|among("_h", "replaced") }} AND EXISTS (
  SELECT 1 FROM replaced AS _r WHERE {{ key|equal("_r", "_h") }} AND (_h._state < 0 OR _h._event_at >= _r._from)
);
{% endif %}{% if reevaluates %}
-- {{ model }}: a landed state that is evaluated anew takes the place of what was kept of it
DELETE FROM {{ history }} AS _h
WHERE EXISTS (
  SELECT 1 FROM incoming AS _i
  WHERE _i._batch = _h._batch AND _i._state = _h._state AND {{ key|equal("_i", "_h") }}
){% if images %}
  AND EXISTS (SELECT 1 FROM {{ images }} AS _c WHERE _c._image = 'new' AND _c._batch = _h._batch AND _c._state = _h._state){% endif %};
{% endif %}
CREATE OR REPLACE TEMP TABLE kept AS
SELECT {{ names|list("_h") }}, _h._event_at, _h._event_sequence, _h._batch, _h._state, _h._gone
FROM {% if unrejected %}(
{{ unrejected }}
){% else %}{{ history }}{% endif %} AS _h
JOIN members AS _m ON {{ key|equal("_m", "_h") }};

-- {{ model }}: of the states of one moment the last live one and the last delete count; what is kept is not kept twice
CREATE OR REPLACE TEMP TABLE fresh AS
WITH known AS (
  SELECT
    _h.*,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|by("_h") }}, _h._gone ORDER BY {{ latest|latest("_h") }}) AS _place,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|by("_h") }} ORDER BY {{ latest|latest("_h") }}) = 1 AS _holds
  FROM kept AS _h
),
{% if overtakes %}-- how far the order of the states had come before each instant
instants AS (
  SELECT {{ key|folded("_t") }}, _t._event_at, MAX(_t._event_sequence) AS _sequence
  FROM (
    SELECT {{ key|list("_h") }}, _h._event_at, _h._event_sequence, _h._gone FROM kept AS _h
    UNION ALL
    SELECT {{ key|list("_i") }}, _i._event_at, _i._event_sequence, _i._gone FROM incoming AS _i{% if rejects %} WHERE NOT _i._rejects{% endif %}

  ) AS _t
{% if on_delete == "ignore" %}  WHERE NOT _t._gone
{% endif %}  GROUP BY {{ key|by("_t") }}, _t._event_at
),
reached AS (
  SELECT
    {{ key|list("_n") }}, _n._event_at,
    MAX(_n._sequence) OVER (
      PARTITION BY {{ key|by("_n") }} ORDER BY _n._event_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS _sequence
  FROM instants AS _n
),
{% endif %}arrived AS (
  SELECT
    _i.*,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|by("_i") }}, _i._gone ORDER BY {{ latest|latest("_i") }}) AS _place,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|by("_i") }} ORDER BY {{ latest|latest("_i") }}) = 1 AS _holds
  FROM incoming AS _i
{% if overtakes %}  -- a state that comes after a greater one never held
  WHERE {% if rejects %}NOT _i._rejects AND {% endif %}NOT EXISTS (
    SELECT 1 FROM reached AS _r
    WHERE _r._event_at = _i._event_at AND COALESCE(_r._sequence > _i._event_sequence, _r._sequence IS NOT NULL) AND {{ key|equal("_r", "_i") }}
  )
{% elif rejects %}  WHERE NOT _i._rejects
{% endif %}),
compared AS (
  SELECT
    _a.*,
    {{ d.logical_or }}(_k._batch IS NULL OR (NOT _a._gone AND ({{ told|differ("_k", "_a") }})))
      OVER (PARTITION BY {{ moment|by("_a") }}) AS _is_new
  FROM arrived AS _a
  LEFT JOIN (SELECT * FROM known WHERE _place = 1) AS _k
    ON _k._gone = _a._gone AND _k._holds = _a._holds AND {{ key|equal("_k", "_a") }}{% if not only_new %}
    AND _k._event_at = _a._event_at AND _k._event_sequence IS NOT DISTINCT FROM _a._event_sequence{% endif %}
  WHERE _a._place = 1
)
SELECT {{ names|list("_c") }}, _c._event_at, _c._event_sequence, _c._batch, _c._state, _c._gone
FROM compared AS _c
WHERE _c._is_new;

INSERT INTO {{ history }} ({{ names|list }}, _event_at, _event_sequence, _batch, _state, _gone)
SELECT {{ names|list("_f") }}, _f._event_at, _f._event_sequence, _f._batch, _f._state, _f._gone FROM fresh AS _f;

-- {{ model }}: the timeline of each, from its events in the order of their instants
CREATE OR REPLACE TEMP TABLE versions AS
WITH {% if cancels %}told AS (
  {{ events }}
),
-- deletes that took effect before states which the source had given already
cancelled AS (
  SELECT {{ key|folded("_t") }}, _t._batch, _t._state, MIN(_t._event_at) AS _from, MAX(_t._event_at) AS _to
  FROM told AS _t
  WHERE _t._gone
  GROUP BY {{ key|by("_t") }}, _t._batch, _t._state
  HAVING COUNT(*) > 1
),
events AS (
  SELECT _t.*
  FROM told AS _t
  WHERE NOT EXISTS (
    SELECT 1 FROM cancelled AS _c
    WHERE {{ key|equal("_c", "_t") }} AND NOT _t._gone AND _t._event_at > _c._from AND _t._event_at < _c._to
      AND (_t._batch < _c._batch OR (_t._batch = _c._batch AND _t._state < _c._state))
  )
),{% else %}events AS (
  {{ events }}
),{% endif %}
-- one row per instant: the last event says whether the member is gone, the last live state gives the values
moments AS (
  SELECT
    {{ names|list("_e") }},
    _e._event_at,
    NOT _e._gone AS _is_known,
    MIN(CASE WHEN NOT _e._gone THEN _e._event_at END) OVER (PARTITION BY {{ key|by("_e") }}) AS _first_at,
    MAX(CASE WHEN NOT _e._gone THEN _e._event_at END) OVER (PARTITION BY {{ key|by("_e") }}) AS _last_at,
    FIRST_VALUE(_e._gone) OVER (
      PARTITION BY {{ key|by("_e") }}, _e._event_at ORDER BY _e._event_sequence DESC, _e._batch DESC, _e._state DESC
    ) AS _gone
  FROM events AS _e
  WHERE {% if on_delete == "ignore" %}NOT _e._gone{% else %}TRUE{% endif %}
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY {{ key|by("_e") }}, _e._event_at
    ORDER BY _e._gone, _e._event_sequence DESC, _e._batch DESC, _e._state DESC
  ) = 1
),
marked AS (
  SELECT
    _e.*,
    {{ boundary }} AS _starts
  FROM moments AS _e
  WHERE {% if keeps_deletes %}_e._event_at >= _e._first_at{% else %}_e._is_known{% endif %}

  WINDOW timeline AS (PARTITION BY {{ key|by("_e") }} ORDER BY _e._event_at)
),
numbered AS (
  SELECT
    _k.*,
    SUM(CASE WHEN _k._starts THEN 1 ELSE 0 END) OVER timeline AS _version,
    MAX(CASE WHEN _k._is_known THEN _k._event_at END) OVER timeline AS _known_at
  FROM marked AS _k
  WINDOW timeline AS (PARTITION BY {{ key|by("_k") }} ORDER BY _k._event_at)
),
spans AS (
  SELECT
    {{ key|folded("_n") }},
    _n._version,
    MIN(_n._event_at) AS _from,
    MAX(_n._known_at) AS _known_at,
    MIN(_n._first_at) AS _first_at,
    MAX(_n._last_at) AS _last_at,
    {{ d.logical_or }}(_n._gone) AS _gone
  FROM numbered AS _n
  WHERE _n._version > 0
  GROUP BY {{ key|by("_n") }}, _n._version
),
intervals AS (
  SELECT
    _s.*,
    LEAD(_s._from) OVER (PARTITION BY {{ key|by("_s") }} ORDER BY _s._from) AS _to,
    ROW_NUMBER() OVER (PARTITION BY {{ key|by("_s") }} ORDER BY _s._from) AS _nth
  FROM spans AS _s
){% if reports_deletes %},
last_moments AS (
  SELECT _e.*, ROW_NUMBER() OVER (PARTITION BY {{ key|by("_e") }} ORDER BY _e._event_at DESC) AS _place
  FROM moments AS _e
){% endif %}{% if previous %},
-- the state before the latest change of a value
shifts AS (
  SELECT
    {{ key|list("_e") }}{% for one in previous %},
    CASE
      WHEN ROW_NUMBER() OVER timeline > 1 AND {{ one.value }} IS DISTINCT FROM LAG({{ one.value }}) OVER timeline
      THEN LAG(_e._event_at) OVER timeline
    END AS {{ one.at|q }}{% endfor %}

  FROM moments AS _e
  WHERE _e._is_known
  WINDOW timeline AS (PARTITION BY {{ key|by("_e") }} ORDER BY _e._event_at)
),
previous AS (
  SELECT {{ key|folded("_s") }}{% for one in previous %}, MAX(_s.{{ one.at|q }}) AS {{ one.at|q }}{% endfor %}

  FROM shifts AS _s
  GROUP BY {{ key|by("_s") }}
){% endif %}{% if originals %},
-- the first values that are loaded already
originals AS (
  SELECT {{ key|list("_d") }}, {{ originals|list("_d") }}, TRUE AS _is_there
  FROM {{ table }} AS _d
  JOIN members AS _m ON {{ key|equal("_m", "_d") }}
  WHERE NOT _d.is_inferred
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_d") }} ORDER BY _d.{{ key_column|q }}) = 1
){% endif %}{% for outrigger in outriggers %},
{{ outrigger.alias }} AS (
  SELECT {{ key|list("_c") }}, _c.{{ outrigger.key|q }}
  FROM {{ outrigger.timeline }} AS _c
  JOIN members AS _m ON {{ key|equal("_m", "_c") }}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_c") }} ORDER BY _c.valid_from DESC) = 1
){% endfor %}
SELECT
  CASE WHEN _i._nth = 1 THEN {{ durable_hash }} ELSE {{ version_hash }} END AS {{ key_column|q }},
  {{ durable_hash }} AS {{ durable_column|q }},
  {{ key|spelled("_i", "last_state") }},
{% for value in values %}  {% if keeps_originals and value.state == "first_state" %}CASE WHEN _o._is_there THEN _o.{{ value.of|q }} ELSE first_state.{{ value.of|q }} END{% else %}{{ value.state|q }}.{{ value.of|q }}{% endif %} AS {{ value.name|q }},
{% endfor %}{% for outrigger in outriggers %}  COALESCE({{ outrigger.alias }}.{{ outrigger.key|q }}, -1) AS {{ outrigger.column|q }},
{% endfor %}{% if combination %}  {{ combination.hash }} AS {{ combination.column|q }},
{% endif %}{% if has_versions %}  {% if first_version == "beginning_of_time" %}CASE WHEN _i._nth = 1 THEN {{ d.beginning }} ELSE _i._from END{% else %}_i._from{% endif %} AS valid_from,
  {% if open_end == "far_future" %}COALESCE(_i._to, {{ d.far_future }}){% else %}_i._to{% endif %} AS valid_to,
  _i._to IS NULL AS is_current,
{% endif %}  {% if reports_deletes %}last_moment._gone{% elif keeps_deletes %}_i._gone{% else %}FALSE{% endif %} AS is_deleted,
  FALSE AS is_inferred{% if originals %},
  COALESCE(_o._is_there AND ({{ originals|differ("_o", "first_state") }}), FALSE) AS _is_late{% endif %}

FROM intervals AS _i
{% if previous %}JOIN previous AS _p ON {{ key|equal("_p", "_i") }}
{% endif %}{% if originals %}LEFT JOIN originals AS _o ON {{ key|equal("_o", "_i") }}
{% endif %}{% for outrigger in outriggers %}LEFT JOIN {{ outrigger.alias }} ON {{ key|equal(outrigger.alias, "_i") }}
{% endfor %}{% for state in states %}{% if state.optional %}LEFT {% endif %}JOIN moments AS {{ state.name|q }} ON {{ state.name|q }}._event_at = {{ state.at }} AND {{ key|equal(state.name|q, "_i") }}
{% endfor %}{% if reports_deletes %}JOIN last_moments AS last_moment ON last_moment._place = 1 AND {{ key|equal("last_moment", "_i") }}
{% endif %}{% if on_delete == "close" and has_versions %}WHERE NOT _i._gone{% endif %};
