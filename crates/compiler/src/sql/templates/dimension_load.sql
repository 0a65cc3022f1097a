-- {{ model }}: the members whose timeline is computed anew, with the events that are kept of them
CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|list("i") }} FROM incoming AS i WHERE {{ key|not_null("i") }};

CREATE OR REPLACE TEMP TABLE kept AS
SELECT {{ names|list("h") }}, h._event_at, h._event_sequence, h._batch, h._state, h._gone
FROM {{ history }} AS h
JOIN members AS m ON {{ key|equal("m", "h") }};

-- {{ model }}: of the states of one moment the last live one and the last delete count; what is kept is not kept twice
CREATE OR REPLACE TEMP TABLE fresh AS
WITH known AS (
  SELECT
    h.*,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|list("h") }}, h._gone ORDER BY {{ latest|latest("h") }}) AS _place,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|list("h") }} ORDER BY {{ latest|latest("h") }}) = 1 AS _holds
  FROM kept AS h
),
arrived AS (
  SELECT
    i.*,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|list("i") }}, i._gone ORDER BY {{ latest|latest("i") }}) AS _place,
    ROW_NUMBER() OVER (PARTITION BY {{ moment|list("i") }} ORDER BY {{ latest|latest("i") }}) = 1 AS _holds
  FROM incoming AS i
),
compared AS (
  SELECT
    a.*,
    {{ d.logical_or }}(k._batch IS NULL OR (NOT a._gone AND ({{ attributes|differ("k", "a") }})))
      OVER (PARTITION BY {{ moment|list("a") }}) AS _is_new
  FROM arrived AS a
  LEFT JOIN (SELECT * FROM known WHERE _place = 1) AS k
    ON k._gone = a._gone AND k._holds = a._holds AND {{ key|equal("k", "a") }}{% if not only_new %}
    AND k._event_at = a._event_at AND k._event_sequence IS NOT DISTINCT FROM a._event_sequence{% endif %}
  WHERE a._place = 1
)
SELECT {{ names|list("c") }}, c._event_at, c._event_sequence, c._batch, c._state, c._gone
FROM compared AS c
WHERE c._is_new;

{% if reevaluates %}
-- {{ model }}: a landed state that is evaluated anew takes the place of what was kept of it
DELETE FROM kept AS k
WHERE EXISTS (
  SELECT 1 FROM fresh AS f
  WHERE {{ key|equal("f", "k") }}
    AND f._event_at = k._event_at AND f._batch = k._batch AND f._state = k._state AND f._gone = k._gone
);

DELETE FROM {{ history }} AS h
WHERE EXISTS (
  SELECT 1 FROM fresh AS f
  WHERE {{ key|equal("f", "h") }}
    AND f._event_at = h._event_at AND f._batch = h._batch AND f._state = h._state AND f._gone = h._gone
);

{% endif %}
INSERT INTO {{ history }} ({{ names|list }}, _event_at, _event_sequence, _batch, _state, _gone)
SELECT {{ names|list("f") }}, f._event_at, f._event_sequence, f._batch, f._state, f._gone FROM fresh AS f;

-- {{ model }}: the timeline of each, from its events in the order of their instants
CREATE OR REPLACE TEMP TABLE versions AS
WITH events AS (
  SELECT * FROM kept UNION ALL SELECT * FROM fresh
),
-- one row per instant: the last event says whether the member is gone, the last live state gives the values
moments AS (
  SELECT
    {{ names|list("e") }},
    e._event_at,
    NOT e._gone AS _is_known,
    MIN(CASE WHEN NOT e._gone THEN e._event_at END) OVER (PARTITION BY {{ key|list("e") }}) AS _first_at,
    MAX(CASE WHEN NOT e._gone THEN e._event_at END) OVER (PARTITION BY {{ key|list("e") }}) AS _last_at,
    FIRST_VALUE(e._gone) OVER (
      PARTITION BY {{ key|list("e") }}, e._event_at ORDER BY e._event_sequence DESC, e._batch DESC, e._state DESC
    ) AS _gone
  FROM events AS e
  WHERE {% if on_delete == "ignore" %}NOT e._gone{% else %}TRUE{% endif %}
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY {{ key|list("e") }}, e._event_at
    ORDER BY e._gone, e._event_sequence DESC, e._batch DESC, e._state DESC
  ) = 1
),
marked AS (
  SELECT
    e.*,
    {{ boundary }} AS _starts
  FROM moments AS e
  WHERE {% if keeps_deletes %}e._event_at >= e._first_at{% else %}e._is_known{% endif %}

  WINDOW timeline AS (PARTITION BY {{ key|list("e") }} ORDER BY e._event_at)
),
numbered AS (
  SELECT
    k.*,
    SUM(CASE WHEN k._starts THEN 1 ELSE 0 END) OVER timeline AS _version,
    MAX(CASE WHEN k._is_known THEN k._event_at END) OVER timeline AS _known_at
  FROM marked AS k
  WINDOW timeline AS (PARTITION BY {{ key|list("k") }} ORDER BY k._event_at)
),
spans AS (
  SELECT
    {{ key|list("n") }},
    n._version,
    MIN(n._event_at) AS _from,
    MAX(n._known_at) AS _known_at,
    MIN(n._first_at) AS _first_at,
    MAX(n._last_at) AS _last_at,
    {{ d.logical_or }}(n._gone) AS _gone
  FROM numbered AS n
  WHERE n._version > 0
  GROUP BY {{ key|list("n") }}, n._version
),
intervals AS (
  SELECT
    s.*,
    LEAD(s._from) OVER (PARTITION BY {{ key|list("s") }} ORDER BY s._from) AS _to,
    ROW_NUMBER() OVER (PARTITION BY {{ key|list("s") }} ORDER BY s._from) AS _nth
  FROM spans AS s
){% if reports_deletes %},
last_moments AS (
  SELECT e.*, ROW_NUMBER() OVER (PARTITION BY {{ key|list("e") }} ORDER BY e._event_at DESC) AS _place
  FROM moments AS e
){% endif %}
SELECT
  CASE WHEN i._nth = 1 THEN {{ durable_hash }} ELSE {{ version_hash }} END AS {{ key_column|q }},
  {{ durable_hash }} AS {{ durable_column|q }},
  {{ key|list("i") }},
{% for attribute in attribute_values %}  {{ attribute.source }}.{{ attribute.name|q }} AS {{ attribute.name|q }},
{% endfor %}{% if has_versions %}  {% if first_version == "beginning_of_time" %}CASE WHEN i._nth = 1 THEN {{ d.beginning }} ELSE i._from END{% else %}i._from{% endif %} AS valid_from,
  {% if open_end == "far_future" %}COALESCE(i._to, {{ d.far_future }}){% else %}i._to{% endif %} AS valid_to,
  i._to IS NULL AS is_current,
{% endif %}  {% if reports_deletes %}last_moment._gone{% elif keeps_deletes %}i._gone{% else %}FALSE{% endif %} AS is_deleted,
  FALSE AS is_inferred
FROM intervals AS i
{% for state in states %}JOIN moments AS {{ state.name }} ON {{ state.name }}._event_at = i.{{ state.at }} AND {{ key|equal(state.name, "i") }}
{% endfor %}{% if reports_deletes %}JOIN last_moments AS last_moment ON last_moment._place = 1 AND {{ key|equal("last_moment", "i") }}
{% endif %}{% if on_delete == "close" and has_versions %}WHERE NOT i._gone{% endif %};
