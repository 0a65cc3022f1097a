-- {{ model }}: the members {% if touched %}that were touched{% else %}as they are now{% endif %}; one that is gone is an event too
CREATE OR REPLACE TEMP TABLE incoming AS
WITH evaluated AS (
{{ query }}
),
latest AS (
  SELECT _h.*
  FROM {{ history }} AS _h
{% if touched %}  JOIN touched AS _t ON {{ touched|equal("_t", "_h") }}
{% endif %}  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_h") }} ORDER BY _h._event_at DESC, _h._event_sequence DESC, _h._batch DESC, _h._state DESC) = 1
)
-- a member that comes back without an instant of its own comes back now
SELECT
  {{ names|list("_e") }},
  {% if returns %}CASE WHEN _l._gone AND {{ event_at }} <= _l._event_at THEN {{ d.at }} ELSE LEAST({{ event_at }}, {{ d.last_instant }}) END{% else %}LEAST({{ event_at }}, {{ d.last_instant }}){% endif %} AS _event_at,
  _e._event_sequence, {{ d.batch }} AS _batch, 0 AS _state, FALSE AS _gone
FROM evaluated AS _e
{% if touched %}JOIN touched AS _t ON {{ touched|equal_or_null("_t", "_e") }}
{% endif %}LEFT JOIN latest AS _l ON {{ key|equal("_l", "_e") }}
UNION ALL
SELECT {{ names|list("_l") }}, {{ d.at }}, NULL, {{ d.batch }}, 0, TRUE
FROM latest AS _l
WHERE NOT _l._gone
  AND NOT EXISTS (SELECT 1 FROM evaluated AS _e WHERE {{ key|equal("_e", "_l") }});
