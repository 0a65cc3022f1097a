-- {{ model }}: combinations that no member had before; a row never changes and never goes
INSERT INTO {{ combination.table }} ({{ combination.column|q }}, {{ combination.attributes|list }}, loaded_batch)
SELECT DISTINCT _v.{{ combination.column|q }}, {{ combination.attributes|list("_v") }}, {{ d.batch }}
FROM versions AS _v
WHERE NOT EXISTS (SELECT 1 FROM {{ combination.table }} AS _t WHERE _t.{{ combination.column|q }} = _v.{{ combination.column|q }});
{% if combination.outrigger %}
-- {{ model }}: every version of a member shows the combination that it has now
UPDATE {{ combination.outrigger[0] }} AS _t
SET {{ combination.outrigger[1]|q }} = _n._now, loaded_batch = {{ d.batch }}
FROM (
  SELECT {{ key|list("_m") }}, COALESCE(_v.{{ combination.column|q }}, -1) AS _now
  FROM members AS _m
  LEFT JOIN versions AS _v ON {{ key|equal("_v", "_m") }}
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_m") }} ORDER BY _v.valid_from DESC) = 1
) AS _n
WHERE {{ key|equal("_n", "_t") }} AND _t.{{ combination.outrigger[1]|q }} <> _n._now;
{% endif %}