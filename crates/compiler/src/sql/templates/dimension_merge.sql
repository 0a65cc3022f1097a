{% if reevaluates %}-- {{ model }}: inferred members whose keys were made in another way are made anew by the facts that name them
DELETE FROM {{ table }} AS d
WHERE d.is_inferred AND {% if keys %}NOT EXISTS (
  SELECT 1 FROM {{ keys }} AS k WHERE k._key = d.{{ key_column|q }} AND k._hash = {{ inferred_hash }}
){% else %}(d.{{ durable_column|q }} <> {{ inferred_hash }} OR d.{{ key_column|q }} <> d.{{ durable_column|q }}){% endif %};

{% endif %}-- {{ model }}: what changes, by version; a version that its events no longer give is gone
CREATE OR REPLACE TEMP TABLE changes AS
SELECT
  {{ columns|list("v") }},
  CASE WHEN d.{{ key_column|q }} IS NULL THEN 'insert' ELSE 'update' END AS _change,
  d.{{ key_column|q }} IS NULL{% if has_versions %} OR d.valid_from <> v.valid_from OR d.valid_to IS DISTINCT FROM v.valid_to{% endif %}{% if combination %} OR d.{{ combination.column|q }} <> v.{{ combination.column|q }}{% endif %} AS _rebinds
FROM versions AS v
LEFT JOIN {{ table }} AS d ON d.{{ key_column|q }} = v.{{ key_column|q }}
WHERE d.{{ key_column|q }} IS NULL OR {{ payload|differ("d", "v") }}
UNION ALL
SELECT {{ columns|list("d") }}, 'delete' AS _change, TRUE AS _rebinds
FROM {{ table }} AS d
JOIN members AS m ON {{ key|equal("m", "d") }}
WHERE NOT d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS v WHERE v.{{ key_column|q }} = d.{{ key_column|q }})
-- rows that lie in the order of their keys are updated faster
ORDER BY {{ key|list }};

--? counts
SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  {{ d.count_if }}(_change = 'insert') AS inserted,
  {{ d.count_if }}(_change = 'update') AS updated,
  {{ d.count_if }}(_change = 'delete') AS deleted,
  (SELECT COUNT(*) FROM versions) - COUNT(CASE WHEN _change <> 'delete' THEN 1 END) AS unchanged
FROM changes;

-- {{ model }}: the versions change in one statement, its arms disjoint
MERGE INTO {{ table }} AS t
USING changes AS s
ON t.{{ key_column|q }} = s.{{ key_column|q }}
WHEN MATCHED AND s._change = 'delete' THEN
  DELETE
WHEN MATCHED AND s._change = 'update' THEN
  UPDATE SET {{ payload|assign("s") }}loaded_batch = {{ d.batch }}
WHEN NOT MATCHED AND s._change = 'insert' THEN
  INSERT ({{ columns|list }}, loaded_batch)
  VALUES ({{ columns|list("s") }}, {{ d.batch }});
