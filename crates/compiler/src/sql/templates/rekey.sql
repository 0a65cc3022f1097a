-- {{ fact }}: rows that look up a member whose versions changed are bound anew in the role `{{ role }}`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT {{ fact_key|list("f") }}, COALESCE(v.{{ key_column|q }}, -1) AS _bound
FROM {{ fact_table }} AS f
JOIN (SELECT DISTINCT {{ durable_column|q }} AS _durable FROM changes) AS c ON c._durable = f.{{ role_durable|q }}
LEFT JOIN {{ table }} AS v
  ON v.{{ durable_column|q }} = f.{{ role_durable|q }}
{% if as_of %}  AND f.{{ as_of|q }} >= v.valid_from AND f.{{ as_of|q }} < {{ valid_to }}
{% endif %}WHERE COALESCE(v.{{ key_column|q }}, -1) <> f.{{ role_key|q }}
{% if as_of %}  AND f.{{ as_of|q }} IS NOT NULL
{% endif %};

--? rebound
SELECT COUNT(*) AS rebound FROM rebound;

UPDATE {{ fact_table }} AS f
SET {{ role_key|q }} = r._bound
FROM rebound AS r
WHERE {{ fact_key|equal("r", "f") }};
