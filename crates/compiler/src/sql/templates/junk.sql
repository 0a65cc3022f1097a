-- {{ fact }}: combinations of the role `{{ role }}` that no row had before; a row never changes and never goes
INSERT INTO {{ table }} ({{ key|q }}, {{ columns|list }}, loaded_batch)
SELECT DISTINCT {{ hash }}, {{ values|join(", ") }}, {{ d.batch }}
FROM incoming AS _i
WHERE NOT EXISTS (SELECT 1 FROM {{ table }} AS _t WHERE _t.{{ key|q }} = {{ hash }});
