{% if infers %}-- {{ fact }}: a member that its events no longer give, and that the role `{{ role }}` names, stays as an inferred one
INSERT INTO {{ table }} ({{ key_column|q }}, {{ durable_column|q }}, {{ key|list }}, {% for column in outriggers %}{{ column.name|q }}, {% endfor %}{% for one in unknown %}{{ one.name|q }}, {% endfor %}{% if has_versions %}valid_from, valid_to, is_current, {% endif %}is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT {% if keys %}_k._key{% else %}_c.{{ durable_column|q }}{% endif %}, _c.{{ durable_column|q }}, {{ key|list("_c") }}, {% for column in outriggers %}-1, {% endfor %}{% for one in unknown %}{{ one.value }}, {% endfor %}{% if has_versions %}{{ d.beginning }}, {{ open_end }}, TRUE, {% endif %}FALSE, TRUE, {{ d.batch }}
FROM changes AS _c
{% if keys %}JOIN {{ keys }} AS _k ON _k._hash = _c.{{ durable_column|q }}
{% endif %}WHERE _c._change = 'delete'
  AND NOT EXISTS (SELECT 1 FROM {{ table }} AS _v WHERE _v.{{ durable_column|q }} = _c.{{ durable_column|q }})
  AND NOT EXISTS (SELECT 1 FROM {{ table }} AS _v WHERE {{ key|equal("_v", "_c") }})
  AND EXISTS (SELECT 1 FROM {{ fact_table }} AS _f WHERE _f.{{ role_durable|q }} = _c.{{ durable_column|q }});

{% endif %}-- {{ fact }}: rows that look up a member whose versions changed are bound anew in the role `{{ role }}`
CREATE OR REPLACE TEMP TABLE rebound AS
SELECT {{ fact_key|list("_f") }}, COALESCE(_v.{{ key_column|q }}, -1) AS _bound{% if as_of %}, _f.{{ as_of|q }} AS _at, _f.{{ role_durable|q }} AS _durable{% endif %}

FROM {{ fact_table }} AS _f
JOIN (SELECT DISTINCT {{ durable_column|q }} AS _durable FROM changes WHERE _rebinds) AS _c ON _c._durable = _f.{{ role_durable|q }}
LEFT JOIN {{ table }} AS _v
  ON _v.{{ durable_column|q }} = _f.{{ role_durable|q }}
{% if as_of %}  AND {{ holds }}
{% elif has_versions %}  AND _v.is_current
{% endif %}WHERE COALESCE(_v.{{ key_column|q }}, -1) <> _f.{{ role_key|q }}
{% if as_of %}  AND _f.{{ as_of|q }} >= {{ d.changed_from }}{% if bounds %}
  AND {{ bounds }}{% endif %}

{% endif %};

--? rebound
SELECT COUNT(*) AS rebound FROM rebound;

UPDATE {{ fact_table }} AS _f
SET {{ role_key|q }} = _r._bound
FROM rebound AS _r
WHERE {{ fact_key|equal("_r", "_f") }}{% if as_of %}
  AND _f.{{ as_of|q }} >= {{ d.changed_from }}{% if bounds %}
  AND {{ bounds }}{% endif %}{% endif %};
