{% if whole %}-- {{ model }}: inferred members whose keys were made in another way are made anew by the facts that name them
DELETE FROM {{ table }} AS _d
WHERE _d.is_inferred AND {% if keys %}NOT EXISTS (
  SELECT 1 FROM {{ keys }} AS _k WHERE _k._key = _d.{{ key_column|q }} AND _k._hash = {{ inferred_hash }}
){% else %}(_d.{{ durable_column|q }} <> {{ inferred_hash }} OR _d.{{ key_column|q }} <> _d.{{ durable_column|q }}){% endif %};

{% if has_versions %}-- {{ model }}: inferred members hold until the end that is declared
UPDATE {{ table }} AS _d
SET valid_to = {{ end }}
WHERE _d.is_inferred AND _d.valid_to IS DISTINCT FROM {{ end }};

{% endif %}{% endif %}-- {{ model }}: the versions that are stored of these members, read once
CREATE OR REPLACE TEMP TABLE stored AS
SELECT {{ columns|list("_d") }}
FROM {{ table }} AS _d
JOIN members AS _m ON {{ key|equal("_m", "_d") }};

-- {{ model }}: what changes, by version; a version that its events no longer give is gone
CREATE OR REPLACE TEMP TABLE changes AS
SELECT
  {{ columns|list("_v") }},
  CASE WHEN _d.{{ key_column|q }} IS NULL THEN 'insert' ELSE 'update' END AS _change,
  _d.{{ key_column|q }} IS NULL{% if has_versions %} OR _d.valid_from <> _v.valid_from OR _d.valid_to IS DISTINCT FROM _v.valid_to{% endif %}{% if combination %} OR _d.{{ combination.column|q }} <> _v.{{ combination.column|q }}{% endif %} AS _rebinds{% if has_versions %},
  CASE
    WHEN _d.{{ key_column|q }} IS NULL THEN _v.valid_from
    WHEN _d.valid_from <> _v.valid_from{% if combination %} OR _d.{{ combination.column|q }} <> _v.{{ combination.column|q }}{% endif %} THEN LEAST(_d.valid_from, _v.valid_from)
    ELSE LEAST(COALESCE(_d.valid_to, _v.valid_to), COALESCE(_v.valid_to, _d.valid_to))
  END AS _from{% endif %}

FROM versions AS _v
LEFT JOIN stored AS _d ON _d.{{ key_column|q }} = _v.{{ key_column|q }}
WHERE _d.{{ key_column|q }} IS NULL OR {{ payload|differ("_d", "_v") }}
UNION ALL
SELECT {{ columns|list("_d") }}, 'delete' AS _change, TRUE AS _rebinds{% if has_versions %},
  -- a member without any version left is inferred where a fact names it, and then holds since the beginning
  CASE WHEN _m._durable IS NULL THEN {{ d.beginning }} ELSE _d.valid_from END AS _from{% endif %}

FROM stored AS _d
{% if has_versions %}LEFT JOIN (SELECT DISTINCT {{ key|folded("_v") }}, _v.{{ durable_column|q }} AS _durable FROM versions AS _v) AS _m ON {{ key|equal("_m", "_d") }}
{% endif %}WHERE NOT _d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS _v WHERE _v.{{ key_column|q }} = _d.{{ key_column|q }})
{% if whole and not combination %}UNION ALL
-- inferred members that no fact names any more
SELECT {{ columns|list("_d") }}, 'delete' AS _change, TRUE AS _rebinds{% if has_versions %}, _d.valid_from AS _from{% endif %}

FROM {{ table }} AS _d
WHERE _d.is_inferred
  AND NOT EXISTS (SELECT 1 FROM versions AS _v WHERE _v.{{ key_column|q }} = _d.{{ key_column|q }}){% for one in inferring %}
  AND NOT EXISTS (SELECT 1 FROM {{ one.table }} AS _f WHERE _f.{{ one.durable|q }} = _d.{{ durable_column|q }}){% endfor %}

{% endif %}-- rows that lie in the order of their keys are updated faster
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
MERGE INTO {{ table }} AS _t
USING changes AS _s
ON _t.{{ key_column|q }} = _s.{{ key_column|q }}
WHEN MATCHED AND _s._change = 'delete' THEN
  DELETE
WHEN MATCHED AND _s._change = 'update' THEN
  UPDATE SET {{ payload|assign("_s") }}loaded_batch = {{ d.batch }}
WHEN NOT MATCHED AND _s._change = 'insert' THEN
  INSERT ({{ columns|list }}, loaded_batch)
  VALUES ({{ columns|list("_s") }}, {{ d.batch }});
