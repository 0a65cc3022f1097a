{% if keys %}-- {{ fact }}: a member that is inferred has a number like every other
INSERT INTO {{ keys }} (_hash, _key)
SELECT _n._hash, _m._last + ROW_NUMBER() OVER (ORDER BY _n._hash)
FROM (
  SELECT DISTINCT {{ durable_hash }} AS _hash
  FROM {{ incoming }} AS _i
  WHERE {{ on|not_null("_i") }}
    AND NOT EXISTS (SELECT 1 FROM {{ table }} AS _d WHERE {{ pairs|pairs_equal("_d", "_i") }})
) AS _n
CROSS JOIN (SELECT COALESCE(MAX(_k._key), 0) AS _last FROM {{ keys }} AS _k) AS _m
WHERE NOT EXISTS (SELECT 1 FROM {{ keys }} AS _k WHERE _k._hash = _n._hash);

{% endif %}-- {{ fact }}: a key of the role `{{ role }}` without a member gets one, to be filled in place when the member arrives
INSERT INTO {{ table }} ({{ key_column|q }}, {{ durable_column|q }}, {{ key|list }}, {% for column in outriggers %}{{ column.name|q }}, {% endfor %}{% for one in unknown %}{{ one.name|q }}, {% endfor %}{% if has_versions %}valid_from, valid_to, is_current, {% endif %}is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT {% if keys %}_k._key{% else %}{{ durable_hash }}{% endif %}, {{ durable_hash }}, {{ on|list("_i") }}, {% for column in outriggers %}-1, {% endfor %}{% for one in unknown %}{{ one.value }}, {% endfor %}{% if has_versions %}{{ d.beginning }}, {{ valid_to }}, TRUE, {% endif %}FALSE, TRUE, {{ d.batch }}
FROM {{ incoming }} AS _i
{% if keys %}JOIN {{ keys }} AS _k ON _k._hash = {{ durable_hash }}
{% endif %}WHERE {{ on|not_null("_i") }}
  AND NOT EXISTS (SELECT 1 FROM {{ table }} AS _d WHERE {{ pairs|pairs_equal("_d", "_i") }});
