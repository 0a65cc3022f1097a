{% if infers %}-- {{ fact }}: a member that its events no longer give, and that the role `{{ role }}` names, stays as an inferred one
INSERT INTO {{ table }} ({{ key_column|q }}, {{ durable_column|q }}, {{ key|list }}, {% for column in outriggers %}{{ column.name|q }}, {% endfor %}{% if has_versions %}valid_from, valid_to, is_current, {% endif %}is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT {% if keys %}k._key{% else %}c.{{ durable_column|q }}{% endif %}, c.{{ durable_column|q }}, {{ key|list("c") }}, {% for column in outriggers %}-1, {% endfor %}{% if has_versions %}{{ d.beginning }}, {{ open_end }}, TRUE, {% endif %}FALSE, TRUE, {{ d.batch }}
FROM changes AS c
{% if keys %}JOIN {{ keys }} AS k ON k._hash = c.{{ durable_column|q }}
{% endif %}WHERE c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM {{ table }} AS v WHERE v.{{ durable_column|q }} = c.{{ durable_column|q }})
  AND EXISTS (SELECT 1 FROM {{ fact_table }} AS f WHERE f.{{ role_durable|q }} = c.{{ durable_column|q }});

{% endif %}-- {{ fact }}: rows that look up a member whose versions changed are bound anew in the role `{{ role }}`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT {{ fact_key|list("f") }}, COALESCE(v.{{ key_column|q }}, -1) AS _bound
FROM {{ fact_table }} AS f
JOIN (SELECT DISTINCT {{ durable_column|q }} AS _durable FROM changes WHERE _rebinds) AS c ON c._durable = f.{{ role_durable|q }}
LEFT JOIN {{ table }} AS v
  ON v.{{ durable_column|q }} = f.{{ role_durable|q }}
{% if as_of %}  AND f.{{ as_of|q }} >= v.valid_from AND f.{{ as_of|q }} < {{ valid_to }}
{% elif has_versions %}  AND v.is_current
{% endif %}WHERE COALESCE(v.{{ key_column|q }}, -1) <> f.{{ role_key|q }}
{% if as_of %}  AND f.{{ as_of|q }} IS NOT NULL
{% endif %};

--? rebound
SELECT COUNT(*) AS rebound FROM rebound;

UPDATE {{ fact_table }} AS f
SET {{ role_key|q }} = r._bound
FROM rebound AS r
WHERE {{ fact_key|equal("r", "f") }};
