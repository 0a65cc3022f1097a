-- {{ model }}: the members whose timeline is computed anew, with the events that are kept of them
{% if rebuilds %}CREATE OR REPLACE TEMP TABLE forgotten AS
SELECT h.* FROM {{ history }} AS h WHERE h._event_at >= {{ d.from }};

DELETE FROM incoming AS i WHERE i._event_at < {{ d.from }};

--? lost
SELECT COUNT(*) AS lost
FROM (
  SELECT DISTINCT {{ key|list("f") }}, f._event_at
  FROM forgotten AS f
  WHERE NOT EXISTS (SELECT 1 FROM incoming AS i WHERE i._event_at = f._event_at AND {{ key|equal("i", "f") }})
) AS l;

DELETE FROM {{ history }} AS h WHERE h._event_at >= {{ d.from }};

CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|list("i") }} FROM incoming AS i WHERE {{ key|not_null("i") }}
UNION DISTINCT
SELECT {{ key|list("f") }} FROM forgotten AS f;
{% else %}CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|list("i") }} FROM incoming AS i WHERE {{ key|not_null("i") }};
{% endif %}
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
){% endif %}{% if previous %},
-- the state before the latest change of a value
shifts AS (
  SELECT
    {{ key|list("e") }}{% for one in previous %},
    CASE
      WHEN ROW_NUMBER() OVER timeline > 1 AND {{ one.value }} IS DISTINCT FROM LAG({{ one.value }}) OVER timeline
      THEN LAG(e._event_at) OVER timeline
    END AS {{ one.at|q }}{% endfor %}

  FROM moments AS e
  WHERE e._is_known
  WINDOW timeline AS (PARTITION BY {{ key|list("e") }} ORDER BY e._event_at)
),
previous AS (
  SELECT {{ key|list("s") }}{% for one in previous %}, MAX(s.{{ one.at|q }}) AS {{ one.at|q }}{% endfor %}

  FROM shifts AS s
  GROUP BY {{ key|list("s") }}
){% endif %}{% if originals %},
-- the first values that are loaded already
originals AS (
  SELECT {{ key|list("d") }}, {{ originals|list("d") }}, TRUE AS _is_there
  FROM {{ table }} AS d
  JOIN members AS m ON {{ key|equal("m", "d") }}
  WHERE NOT d.is_inferred
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|list("d") }} ORDER BY d.{{ key_column|q }}) = 1
){% endif %}{% for outrigger in outriggers %},
{{ outrigger.alias }} AS (
  SELECT {{ key|list("c") }}, c.{{ outrigger.key|q }}
  FROM {{ outrigger.timeline }} AS c
  JOIN members AS m ON {{ key|equal("m", "c") }}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|list("c") }} ORDER BY c.valid_from DESC) = 1
){% endfor %}
SELECT
  CASE WHEN i._nth = 1 THEN {{ durable_hash }} ELSE {{ version_hash }} END AS {{ key_column|q }},
  {{ durable_hash }} AS {{ durable_column|q }},
  {{ key|list("i") }},
{% for value in values %}  {% if keeps_originals and value.state == "first_state" %}CASE WHEN o._is_there THEN o.{{ value.of|q }} ELSE first_state.{{ value.of|q }} END{% else %}{{ value.state|q }}.{{ value.of|q }}{% endif %} AS {{ value.name|q }},
{% endfor %}{% for outrigger in outriggers %}  COALESCE({{ outrigger.alias }}.{{ outrigger.key|q }}, -1) AS {{ outrigger.column|q }},
{% endfor %}{% if combination %}  {{ combination.hash }} AS {{ combination.column|q }},
{% endif %}{% if has_versions %}  {% if first_version == "beginning_of_time" %}CASE WHEN i._nth = 1 THEN {{ d.beginning }} ELSE i._from END{% else %}i._from{% endif %} AS valid_from,
  {% if open_end == "far_future" %}COALESCE(i._to, {{ d.far_future }}){% else %}i._to{% endif %} AS valid_to,
  i._to IS NULL AS is_current,
{% endif %}  {% if reports_deletes %}last_moment._gone{% elif keeps_deletes %}i._gone{% else %}FALSE{% endif %} AS is_deleted,
  FALSE AS is_inferred{% if originals %},
  COALESCE(o._is_there AND ({{ originals|differ("o", "first_state") }}), FALSE) AS _is_late{% endif %}

FROM intervals AS i
{% if previous %}JOIN previous AS p ON {{ key|equal("p", "i") }}
{% endif %}{% if originals %}LEFT JOIN originals AS o ON {{ key|equal("o", "i") }}
{% endif %}{% for outrigger in outriggers %}LEFT JOIN {{ outrigger.alias }} ON {{ key|equal(outrigger.alias, "i") }}
{% endfor %}{% for state in states %}{% if state.optional %}LEFT {% endif %}JOIN moments AS {{ state.name|q }} ON {{ state.name|q }}._event_at = {{ state.at }} AND {{ key|equal(state.name|q, "i") }}
{% endfor %}{% if reports_deletes %}JOIN last_moments AS last_moment ON last_moment._place = 1 AND {{ key|equal("last_moment", "i") }}
{% endif %}{% if on_delete == "close" and has_versions %}WHERE NOT i._gone{% endif %};
