-- {{ model }}: combinations that no member had before; a row never changes and never goes
INSERT INTO {{ combination.table }} ({{ combination.column|q }}, {{ combination.attributes|list }}, loaded_batch)
SELECT DISTINCT v.{{ combination.column|q }}, {{ combination.attributes|list("v") }}, {{ d.batch }}
FROM versions AS v
WHERE NOT EXISTS (SELECT 1 FROM {{ combination.table }} AS t WHERE t.{{ combination.column|q }} = v.{{ combination.column|q }});
{% if combination.outrigger %}
-- {{ model }}: every version of a member shows the combination that it has now
UPDATE {{ combination.outrigger[0] }} AS t
SET {{ combination.outrigger[1]|q }} = n._now, loaded_batch = {{ d.batch }}
FROM (
  SELECT {{ key|list("m") }}, COALESCE(v.{{ combination.column|q }}, -1) AS _now
  FROM members AS m
  LEFT JOIN versions AS v ON {{ key|equal("v", "m") }}
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|list("m") }} ORDER BY v.valid_from DESC) = 1
) AS n
WHERE {{ key|equal("n", "t") }} AND t.{{ combination.outrigger[1]|q }} <> n._now;
{% endif %}