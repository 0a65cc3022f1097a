-- {{ model }}: rows that the source has deleted stay: what the query gives with them and not without
INSERT INTO incoming
SELECT _i.*{% if flags_deletes %}, TRUE{% endif %}
FROM (
{{ query }}
) AS _i
{% if touched %}JOIN touched AS _t ON {{ touched|equal_or_null("_t", "_i") }}
{% endif %}WHERE {{ key|not_null("_i") }}
  AND NOT EXISTS (SELECT 1 FROM incoming AS _l WHERE {{ key|equal("_l", "_i") }})
{% if rejects %}  AND NOT EXISTS (SELECT 1 FROM screened AS _l WHERE {{ key|equal("_l", "_i") }})
{% endif %}QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_i") }}{% if survivor %} ORDER BY {{ survivor }}{% endif %}) = 1;
