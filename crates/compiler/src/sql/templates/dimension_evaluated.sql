-- {{ model }}: the members {% if touched %}that were touched{% else %}as they are now{% endif %}; one that is gone is an event too
CREATE OR REPLACE TEMP TABLE incoming AS
WITH evaluated AS (
{{ query }}
)
SELECT {{ names|list("e") }}, {{ event_at }} AS _event_at, e._event_sequence, {{ d.batch }} AS _batch, 0 AS _state, FALSE AS _gone
FROM evaluated AS e
{% if touched %}JOIN touched AS t ON {{ touched|equal_or_null("t", "e") }}
{% endif %}UNION ALL
SELECT {{ names|list("h") }}, {{ d.at }}, NULL, {{ d.batch }}, 0, TRUE
FROM (
  SELECT h.*, ROW_NUMBER() OVER (PARTITION BY {{ key|list("h") }} ORDER BY h._event_at DESC, h._batch DESC, h._state DESC) AS _latest
  FROM {{ history }} AS h
) AS h
{% if touched %}JOIN touched AS t ON {{ touched|equal("t", "h") }}
{% endif %}WHERE h._latest = 1 AND NOT h._gone
  AND NOT EXISTS (SELECT 1 FROM evaluated AS e WHERE {{ key|equal("e", "h") }});
