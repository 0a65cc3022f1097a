-- {{ model }}: the members {% if touched %}that were touched{% else %}as they are now{% endif %}; one that is gone is an event too
CREATE OR REPLACE TEMP TABLE incoming AS
WITH evaluated AS (
{{ query }}
),
latest AS (
  SELECT h.*
  FROM {{ history }} AS h
{% if touched %}  JOIN touched AS t ON {{ touched|equal("t", "h") }}
{% endif %}  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|list("h") }} ORDER BY h._event_at DESC, h._event_sequence DESC, h._batch DESC, h._state DESC) = 1
)
-- a member that comes back without an instant of its own comes back now
SELECT
  {{ names|list("e") }},
  CASE WHEN l._gone AND {{ event_at }} <= l._event_at THEN {{ d.at }} ELSE {{ event_at }} END AS _event_at,
  e._event_sequence, {{ d.batch }} AS _batch, 0 AS _state, FALSE AS _gone
FROM evaluated AS e
{% if touched %}JOIN touched AS t ON {{ touched|equal_or_null("t", "e") }}
{% endif %}LEFT JOIN latest AS l ON {{ key|equal("l", "e") }}
UNION ALL
SELECT {{ names|list("l") }}, {{ d.at }}, NULL, {{ d.batch }}, 0, TRUE
FROM latest AS l
WHERE NOT l._gone
  AND NOT EXISTS (SELECT 1 FROM evaluated AS e WHERE {{ key|equal("e", "l") }});
