-- {{ model }}: an event of an equal instant and equal values is kept already
INSERT INTO {{ history }} ({{ names|list }}, _event_at, _event_sequence, _batch, _state, _gone)
SELECT {{ names|list("i") }}, i._event_at, i._event_sequence, i._batch, i._state, i._gone
FROM incoming AS i
LEFT JOIN (
  SELECT h.*, ROW_NUMBER() OVER (
    PARTITION BY {{ key|list("h") }}{% if not only_new %}, h._event_at{% endif %}
    ORDER BY h._event_at DESC, h._event_sequence DESC, h._batch DESC, h._state DESC
  ) AS _place
  FROM {{ history }} AS h
) AS k
  ON k._place = 1{% if not only_new %} AND k._event_at = i._event_at{% endif %} AND {{ key|equal("k", "i") }}
WHERE k._batch IS NULL
  OR k._gone <> i._gone
  OR k._event_sequence IS DISTINCT FROM i._event_sequence
  OR (NOT i._gone AND ({{ attributes|differ("k", "i") }}));

-- {{ model }}: the members whose timeline is computed anew
CREATE OR REPLACE TEMP TABLE members AS
SELECT DISTINCT {{ key|list("i") }} FROM incoming AS i WHERE {{ key|not_null("i") }};

-- {{ model }}: the timeline of each, from its events in the order of their instants
CREATE OR REPLACE TEMP TABLE versions AS
WITH events AS (
  SELECT h.*
  FROM {{ history }} AS h
  JOIN members AS m ON {{ key|equal("m", "h") }}
  -- of several states of one instant the last one holds
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY {{ key|list("h") }}, h._event_at
    ORDER BY h._event_sequence DESC, h._batch DESC, h._state DESC
  ) = 1
),
{% if not keeps_deletes %}states AS (
  SELECT e.* FROM events AS e WHERE NOT e._gone
),
{% endif %}marked AS (
  SELECT
    e.*,
    {{ boundary }} AS _starts
  FROM {% if keeps_deletes %}events{% else %}states{% endif %} AS e
  WINDOW timeline AS (PARTITION BY {{ key|list("e") }} ORDER BY e._event_at)
),
numbered AS (
  SELECT
    k.*,
    SUM(CASE WHEN k._starts THEN 1 ELSE 0 END) OVER timeline AS _version
  FROM marked AS k
  WINDOW timeline AS (PARTITION BY {{ key|list("k") }} ORDER BY k._event_at)
),
spans AS (
  SELECT
    {{ key|list("n") }},
    n._version,
    MIN(n._event_at) AS _from,
    {{ d.logical_or }}(n._gone AND n._starts) AS _gone
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
)
,
{% if type0 %}first_values AS (
  SELECT n.*, ROW_NUMBER() OVER (PARTITION BY {{ key|list("n") }} ORDER BY n._event_at) AS _place
  FROM numbered AS n
  WHERE NOT n._gone
),
{% endif %}{% if reports_deletes %}last_events AS (
  SELECT e.*, ROW_NUMBER() OVER (PARTITION BY {{ key|list("e") }} ORDER BY e._event_at DESC) AS _place
  FROM events AS e
),
{% endif %}last_values AS (
  SELECT n.*, ROW_NUMBER() OVER (PARTITION BY {{ key|list("n") }} ORDER BY n._event_at DESC) AS _place
  FROM numbered AS n
  WHERE NOT n._gone
),
version_values AS (
  SELECT
    n.*,
    ROW_NUMBER() OVER (PARTITION BY {{ key|list("n") }}, n._version ORDER BY n._event_at{% if not type1_all %} DESC{% endif %}) AS _place
  FROM numbered AS n
)
SELECT
  CASE WHEN i._nth = 1 THEN {{ durable_hash }} ELSE {{ version_hash }} END AS {{ key_column|q }},
  {{ durable_hash }} AS {{ durable_column|q }},
  {{ key|list("i") }},
{% for attribute in attribute_values %}  {{ attribute.source }}.{{ attribute.name|q }} AS {{ attribute.name|q }},
{% endfor %}{% if has_versions %}  {% if first_version == "beginning_of_time" %}CASE WHEN i._nth = 1 THEN {{ d.beginning }} ELSE i._from END{% else %}i._from{% endif %} AS valid_from,
  {% if open_end == "far_future" %}COALESCE(i._to, {{ d.far_future }}){% else %}i._to{% endif %} AS valid_to,
  i._to IS NULL AS is_current,
{% endif %}  {% if reports_deletes %}last_event._gone{% elif keeps_deletes %}i._gone{% else %}FALSE{% endif %} AS is_deleted,
  FALSE AS is_inferred
FROM intervals AS i
LEFT JOIN last_values AS last_state ON last_state._place = 1 AND {{ key|equal("last_state", "i") }}
{% if type0 %}LEFT JOIN first_values AS first_state ON first_state._place = 1 AND {{ key|equal("first_state", "i") }}
{% endif %}{% if reports_deletes %}LEFT JOIN last_events AS last_event ON last_event._place = 1 AND {{ key|equal("last_event", "i") }}
{% endif %}LEFT JOIN version_values AS version_state
  ON version_state._place = 1 AND version_state._version = i._version AND {{ key|equal("version_state", "i") }}
{% if on_delete == "close" and has_versions %}WHERE NOT i._gone{% endif %};
